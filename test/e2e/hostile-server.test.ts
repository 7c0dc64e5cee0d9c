import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createServer, type TLSSocket } from "node:tls";
import { Sandbox } from "@jamesd/testkit";

/** What a server says to every request, as bytes on the connection. */
type Answer = (socket: TLSSocket) => void;

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

const json =
  (text: string): Answer =>
  (socket) =>
    void socket.write(`${HEAD}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);

const endless =
  (head: string, piece: string): Answer =>
  (socket) => {
    socket.write(head);
    const more = (): void => {
      while (!socket.destroyed && socket.write(piece));
      if (!socket.destroyed) socket.once("drain", more);
    };
    more();
  };

const CHUNK = " ".repeat(65_536);
const ANSWERS: { readonly [what: string]: Answer } = {
  "blanks without end in a header": endless(`${HEAD}x-long: `, CHUNK),
  "informational answers without end": endless(
    "",
    "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".repeat(1000),
  ),
  "an answer without end": endless(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, `10000\r\n${CHUNK}\r\n`),
  "an answer without end in pieces of a byte": endless(
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n`,
    "1\r\n \r\n".repeat(1000),
  ),
  "deep nesting": json(`{"plan":${"[".repeat(4_000_000)}${"]".repeat(4_000_000)}}`),
  "another place": (socket) =>
    void socket.write(
      "HTTP/1.1 307 Over there\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    ),
};

test("what a hostile server answers ends with an error", async () => {
  await using sandbox = await Sandbox.create(["dev"]);
  let answer: Answer = () => undefined;
  const [key, cert, ca] = ["jamesd.key", "jamesd.crt", "ca.crt"].map((name) =>
    readFileSync(sandbox.path("pki", name)),
  );
  const server = createServer({ key, cert, ca, requestCert: true }, (socket) => {
    socket.on("error", () => socket.destroy()).once("data", () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(sandbox.port, "127.0.0.1", resolve));
  try {
    for (const [what, its] of Object.entries(ANSWERS)) {
      answer = its;
      for (const run of [() => sandbox.runAgentOnce("dev"), () => sandbox.ctl("list-packets")]) {
        const { code, signal, stderr } = await run();
        assert.ok(code !== 0 && signal === null, what);
        assert.match(stderr, /\[[A-Z_]+\]/, what);
      }
    }
    // Another server has nothing to say. What an agent asks then takes no node:https, which is a megabyte of memory.
    answer = (socket) => void socket.write("HTTP/1.1 204 No Content\r\n\r\n");
    const tells = sandbox.write(
      "tells.cjs",
      "process.on('exit', () => console.log(process.moduleLoadList.join()))",
    );
    const flags = [...sandbox.agentFlags("dev", []), "--once"];
    const agent = sandbox.start("jamesc", flags, { NODE_OPTIONS: `--require ${tells}` });
    const { code, stdout } = await agent.ended;
    assert.equal(code, 0, agent.stderr);
    assert.match(stdout, /NativeModule tls/);
    assert.doesNotMatch(stdout, /NativeModule (https|_http_client)/);
  } finally {
    server.close();
  }
});
