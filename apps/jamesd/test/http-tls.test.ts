import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { TestServer } from "./http-server.ts";

let server: TestServer;
before(async () => {
  server = await TestServer.start();
});
after(() => server[Symbol.asyncDispose]());

/** The suite that is agreed on with a client of TLS 1.2; what the client is told when there is none. */
async function agree(options: ConnectionOptions): Promise<TLSSocket | string> {
  const at = { host: "127.0.0.1", port: server.port, servername: "jamesd", maxVersion: "TLSv1.2" } as const;
  const socket = connect({ ...at, ...server.credentials("admin"), ...options });
  socket.resume();
  const failed = once(socket, "error").then(([error]) => String((error as NodeJS.ErrnoException).code));
  return await Promise.race([once(socket, "secureConnect").then(() => socket), failed]);
}

test("only suites that encrypt and authenticate in one are agreed on", async () => {
  for (const suite of ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384"]) {
    const refused = await agree({ ciphers: `${suite}:@SECLEVEL=0` });
    assert.match(String(refused), /^ERR_SSL_.*HANDSHAKE_FAILURE$/, suite);
  }
  const socket = await agree({});
  assert.ok(typeof socket !== "string");
  assert.match(socket.getCipher().name, /GCM|CHACHA20/);
  socket.destroy();
});

test("nobody speaks an older TLS than 1.2", async () => {
  for (const version of ["TLSv1", "TLSv1.1"] as const) {
    const told = await agree({ minVersion: version, maxVersion: version, ciphers: "DEFAULT:@SECLEVEL=0" });
    assert.match(String(told), /^ERR_SSL_.*(PROTOCOL_VERSION|VERSION)/, version);
  }
});

test("nobody renegotiates", async () => {
  const socket = await agree({});
  assert.ok(typeof socket !== "string");
  const outcome = await new Promise<Error | null>((resolve) => {
    socket.once("error", resolve);
    socket.renegotiate({}, resolve);
  });
  assert.match(String(outcome), /no renegotiation/);
  socket.destroy();
});
