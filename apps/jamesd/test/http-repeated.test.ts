import assert from "node:assert/strict";
import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { after, before, beforeEach, describe, test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import { stateDigest } from "@jamesd/model";
import { closed } from "@jamesd/testkit";
import { addPacket } from "./http-seed.ts";
import { jsonOf, TestServer } from "./http-server.ts";

/** Requests that Node has read: those that are known by their bytes are not among them. */
let read = 0;
subscribe("http.server.request.start", () => {
  read += 1;
});

const STATE = { systemtags: ["lab"], apps: [] };
const DIGEST = stateDigest(STATE);
const PING = "GET /v1/ping HTTP/1.1\r\nHost: jamesd\r\n\r\n";

/** A check-in as agents send them. */
function checkIn(body: object, waitSeconds = 0): string {
  const json = JSON.stringify(body);
  const wait = waitSeconds > 0 ? `prefer: wait=${waitSeconds}\r\n` : "";
  const type = `content-type: application/json\r\ncontent-length: ${json.length}\r\n`;
  return `POST /v1/checkin HTTP/1.1\r\n${type}${wait}Host: jamesd\r\nConnection: keep-alive\r\n\r\n${json}`;
}

const ASKED = { digest: DIGEST, instance: "a".repeat(32) };
const ASK = checkIn(ASKED);
const HOLD = checkIn(ASKED, 50);
const VPN = { name: "vpn", tags: ["v1"] };
const NOTHING = /^HTTP\/1.1 204 /;
const PLAN = /^HTTP\/1.1 200 [\s\S]*"plan"/;

/** A device's connection, over which bytes go as they are. */
class Line {
  readonly socket: TLSSocket;
  #text = "";
  #heard: () => void = () => undefined;

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.#text += text;
      this.#heard();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => this.#heard());
  }

  static async open(server: TestServer, name: string): Promise<Line> {
    const options = { host: "127.0.0.1", port: server.port, servername: "jamesd" };
    const socket = connect({ ...options, ...server.credentials(name) });
    await once(socket, "secureConnect");
    return new Line(socket);
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** The next answer, head and body. */
  async answer(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf("\r\n\r\n") + 4;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#text.slice(0, end))?.[1] ?? 0);
      if (end > 3 && this.#text.length >= end + length) {
        const answer = this.#text.slice(0, end + length);
        this.#text = this.#text.slice(end + length);
        return answer;
      }
      assert.ok(!this.socket.destroyed, "the connection ended");
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  async ask(text: string): Promise<string> {
    this.send(text);
    return this.answer();
  }
}

let server: TestServer;
let line: Line;

before(async () => {
  server = await TestServer.start();
  await addPacket(server, "vpn", ["v1"]);
});
after(() => server[Symbol.asyncDispose]().catch(() => undefined));

// The whole state, then twice the same: from the next time on it is known.
beforeEach(async () => {
  line?.socket.destroy();
  await want([]);
  line = await Line.open(server, "device-1");
  assert.match(await line.ask(checkIn({ ...ASKED, state: STATE })), NOTHING);
  assert.match(await line.ask(ASK), NOTHING);
  read = 0;
});

async function want(apps: readonly object[]): Promise<void> {
  const path = "/v1/devices/device-1/desired";
  await server.send("admin", "PUT", path, { body: { apps, message: "" } });
}

/** An answer whose time is no matter. */
function timeless(answer: string): string {
  return answer.replace(/\r\nDate: [A-Z][a-z]{2}, [^\r]+ GMT\r\n/, "\r\nDate: …\r\n");
}

test("the same bytes again have the same answer, to the byte, and are not read", async () => {
  const others = await Line.open(server, "device-1");
  const plain = await others.ask(checkIn({ ...ASKED, agent: "jamesc" }));
  others.socket.destroy();
  read = 0;
  for (let i = 0; i < 3; i++) assert.equal(timeless(await line.ask(ASK)), timeless(plain));
  assert.equal(read, 0);
});

test("what is sent in two pieces, or is another check-in, is read; the next like it is known again", async () => {
  line.send(ASK.slice(0, 30));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.match(await line.ask(ASK.slice(30)), NOTHING);
  assert.equal(read, 1);
  for (const text of [ASK, checkIn({ ...ASKED, agent: "jamesc" })]) {
    read = 0;
    assert.match(await line.ask(text), NOTHING);
    assert.equal(read, 1);
    assert.match(await line.ask(text), NOTHING);
    assert.equal(read, 1);
  }
  assert.match(
    await line.ask("POST /v1/checkin HTTP/1.1\r\nHost: jamesd\r\nContent-Length: 1\r\n\r\n{"),
    / 400 /,
  );
  assert.match(await line.ask(ASK), NOTHING);
});

test("two at once are answered in turn", async () => {
  line.send(ASK + ASK);
  for (let i = 0; i < 2; i++) assert.match(await line.answer(), NOTHING);
  assert.match(await line.ask(ASK), NOTHING);
});

test("as soon as something is wanted the same bytes get the plan", async () => {
  await want([VPN]);
  assert.match(await line.ask(ASK), PLAN);
  assert.equal(read, 2, "the wish, and this check-in");
});

test("whose state is not known any more tells it with the same bytes", async () => {
  await server.send("admin", "DELETE", "/v1/devices/device-1?force=true");
  assert.match(await line.ask(ASK), /"need":"state"/);
});

test("one that is known is held until its time is up, and then idle as any other connection", async () => {
  const brief = checkIn(ASKED, 1);
  for (let i = 0; i < 2; i++) assert.match(await line.ask(brief), NOTHING);
  assert.equal(read, 1);
  assert.match(await line.ask(PING), NOTHING);
});

describe("one that is known and held", () => {
  beforeEach(async () => {
    await makeHeld();
  });

  test("is answered with the plan as soon as there is one, and goes on", async () => {
    await want([VPN]);
    assert.match(await line.answer(), PLAN);
    await want([]);
    for (let i = 0; i < 2; i++) assert.match(await line.ask(ASK), NOTHING);
  });

  test("goes the way of every request when its connection says something else: the answers keep their order", async () => {
    line.send(PING);
    await trip();
    await want([VPN]);
    assert.match(await line.answer(), PLAN);
    assert.match(await line.answer(), NOTHING);
    await want([]);
    assert.match(await line.ask(ASK), NOTHING);
  });

  test("whose connection breaks is not connected any more", async () => {
    line.socket.destroy();
    while (await isConnected());
  });

  test("whose device is forgotten tells its state", async () => {
    await server.send("admin", "DELETE", "/v1/devices/device-1?force=true");
    assert.match(await line.answer(), /"need":"state"/);
    assert.match(await line.ask(ASK), /"need":"state"/);
  });

  test("that is refused when it goes on leaves nothing behind: what its device says next is heard", async () => {
    const begun = HOLD.slice(0, -1);
    const others = [await Line.open(server, "device-1"), await Line.open(server, "device-1")];
    for (const other of others) other.send(begun);
    await trip();
    await want([VPN]);
    assert.match(await line.answer(), /^HTTP\/1.1 503 [\s\S]*that have not come whole/);
    for (const other of others) other.socket.destroy();
    const state = { systemtags: ["lab", "moved"], apps: [] };
    const said = checkIn({ ...ASKED, state, digest: stateDigest(state) });
    while ((await line.ask(said)).startsWith("HTTP/1.1 503 "));
    const device = jsonOf(await server.send("admin", "GET", "/v1/devices/device-1"));
    assert.deepEqual((device as { systemtags: unknown }).systemtags, state.systemtags);
  });

  test("whose device is locked out is gone at once", async () => {
    const locked = { kind: "name", name: "device-1" };
    await server.send("admin", "POST", "/v1/revocations", { body: { locked, reason: "" } });
    await closed(line.socket);
    await server.send("admin", "POST", "/v1/revocations/lift", { body: { locked } });
  });

  // The last: there is no server after it.
  test("is told that the server stops", async () => {
    const stopped = server.stop();
    assert.match(await line.answer(), /^HTTP\/1.1 503 [\s\S]*SERVER_STOPPING/);
    await stopped;
  });
});

/** Has the check-in that is to be held be known, and held. */
async function makeHeld(): Promise<void> {
  line.send(HOLD);
  await trip();
  // The same agent asks over another connection: the first is told that there is nothing to do.
  const other = await Line.open(server, "device-1");
  await other.ask(ASK);
  other.socket.destroy();
  assert.match(await line.answer(), NOTHING);
  read = 0;
  line.send(HOLD);
  await trip();
  assert.equal(read, 1, "the ping alone");
}

/** By now the server has read what was sent before. */
async function trip(): Promise<void> {
  const answer = await server.send("device-1", "GET", "/v1/ping");
  assert.equal(answer.status, 204);
}

async function isConnected(): Promise<boolean> {
  return (jsonOf(await server.send("admin", "GET", "/v1/devices/device-1")) as { connected: boolean })
    .connected;
}
