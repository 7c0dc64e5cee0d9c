// biome-ignore-all lint/style/noExcessiveLinesPerFile: still to be cut where it parts
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { getEventListeners, once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpsServer, get } from "node:https";
import { type AddressInfo, createServer, type Server } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, afterEach, before, describe, test } from "node:test";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { isAuthentic, JamesError, sha256, stateDigest } from "@jamesd/model";
import { openApiDocument } from "@jamesd/protocol";
import { Client, WIRE } from "@jamesd/protocol/operator";
import { freePort, Sandbox } from "@jamesd/testkit";

const ARCHIVE = randomBytes(200_000);
const DIGEST = sha256(ARCHIVE);
const PAYLOAD = "0123456789".repeat(1000);

let sandbox: Sandbox;
const open: Client[] = [];
const servers: Server[] = [];

function clientOf(name: string, port = sandbox.port, more = {}): Client {
  const pem = (file: string) => readFileSync(sandbox.path(`pki/${file}`));
  const client = new Client({
    wire: WIRE,
    address: { host: "127.0.0.1", port },
    serverName: "jamesd",
    ca: pem("ca.crt"),
    cert: pem(`${name}.crt`),
    key: pem(`${name}.key`),
    ...more,
  });
  open.push(client);
  return client;
}

function fails(code: string, words = /./) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof JamesError, `not a JamesError: ${thrown}`);
    assert.equal(thrown.code, code, thrown.message);
    assert.match(thrown.message, words);
    return true;
  };
}

before(async () => {
  sandbox = await Sandbox.create(["device-1"]);
  // The device fetches what was never wanted for it.
  await sandbox.startServer("--device-reads", "any");
  const archive = await sandbox.pack("app", { "opt/app/payload": PAYLOAD });
  await sandbox.ctlOk("add-packet", "--name", "app", "--data", archive, "--tags", "v1");
});

afterEach(() => {
  for (const end of [...open.splice(0), ...servers.splice(0)]) end.close();
});

after(() => sandbox?.[Symbol.asyncDispose]());

describe("against the real server", () => {
  test("a call gives what the route answers, with its types", async () => {
    const [info] = await clientOf("admin").call("listPackets", { query: { name: "app", tags: undefined } });
    assert.ok(info);
    assert.deepEqual([info.name, info.tags, info.files, info.author], ["app", ["v1"], 1, "admin"]);
    const packet = await clientOf("device-1").call("getPacket", { params: { digest: info.digest } });
    assert.ok(isAuthentic(packet as Parameters<typeof isAuthentic>[0]));
  });

  test("nothing to do is no answer", async () => {
    const state = { systemtags: ["a"], apps: [] };
    const body = { digest: stateDigest(state), state };
    assert.equal(await clientOf("device-1").call("checkin", { body }), undefined);
  });

  test("the server's refusal comes with its code, words and hint", async () => {
    const admin = clientOf("admin");
    await assert.rejects(
      admin.call("getDevice", { params: { id: "no/such device" } }),
      (thrown) =>
        fails("DEVICE_UNKNOWN", /"no\/such device"/)(thrown) && (thrown as JamesError).hint !== undefined,
    );
    await assert.rejects(clientOf("device-1").call("listDevices"), fails("ROLE_FORBIDDEN", /device-1/));
    await assert.rejects(
      admin.call("setDesiredState", { params: { id: "device-1" }, body: { apps: [{ name: "x,y" }] } }),
      fails("NAME_INVALID", /"x,y"/),
    );
    await assert.rejects(
      admin.download("getBlob", { params: { digest: sha256("?") } }),
      fails("BLOB_UNKNOWN"),
    );
  });

  test("a download goes on where it was cut", async () => {
    const client = clientOf("device-1");
    const params = { digest: sha256(PAYLOAD) };
    for (const offset of [0, 1, 4321, PAYLOAD.length - 1]) {
      const answer = await client.download("getBlob", { params, offset });
      assert.equal((await buffer(answer)).toString(), PAYLOAD.slice(offset));
      assert.equal(answer.statusCode, offset === 0 ? 200 : 206);
    }
    await assert.rejects(
      client.download("getBlob", { params, offset: PAYLOAD.length }),
      fails("SERVER_UNREACHABLE", /416/),
    );
  });

  test("an upload in two pieces; one elsewhere than at the end is refused", async () => {
    const client = clientOf("admin");
    const params = { digest: DIGEST };
    const put = (offset: number, bytes: Buffer) =>
      client.upload("putUpload", Readable.from([bytes]), { params, query: { offset: String(offset) } });
    assert.deepEqual(await put(0, ARCHIVE.subarray(0, 70_000)), { offset: 70_000 });
    for (const wrong of [0, 69_999, 70_001, 200_000])
      await assert.rejects(put(wrong, ARCHIVE), fails("UPLOAD_OFFSET", /holds 70000 bytes/));
    assert.deepEqual(await client.call("getUpload", { params }), { offset: 70_000 });
    assert.deepEqual(await put(70_000, ARCHIVE.subarray(70_000)), { offset: ARCHIVE.length });
  });

  test("a long upload that is refused early gives the refusal, not the broken connection", async () => {
    for (const [name, code] of [
      ["watcher", "ROLE_FORBIDDEN"],
      ["admin", "UPLOAD_OFFSET"],
    ] as const) {
      const client = clientOf(name);
      const pieces = Readable.from(
        (function* () {
          for (let i = 0; i < 400; i++) yield Buffer.alloc(100_000);
        })(),
      );
      const query = { offset: "7" };
      await assert.rejects(
        client.upload("putUpload", pieces, { params: { digest: sha256("x") }, query }),
        fails(code),
      );
      // The next request is not disturbed by what was left of it.
      assert.ok(Array.isArray(await client.call("listPackets")));
    }
  });

  test("a stream that fails while it is sent fails the upload", async () => {
    const client = clientOf("admin");
    const broken = Readable.from(
      (function* () {
        yield Buffer.alloc(10);
        throw new JamesError("FILE_UNREADABLE", "the disk is gone");
      })(),
    );
    await assert.rejects(
      client.upload("putUpload", broken, { params: { digest: sha256("y") } }),
      fails("FILE_UNREADABLE", /disk is gone/),
    );
  });

  test("the document that it serves is the one of the protocol", async () => {
    const pem = (file: string) => readFileSync(sandbox.path(`pki/${file}`));
    const sent = get({
      ...{ host: "127.0.0.1", port: sandbox.port, servername: "jamesd", path: "/v1/openapi.json" },
      ...{ ca: pem("ca.crt"), cert: pem("watcher.crt"), key: pem("watcher.key"), agent: false },
    });
    const [response] = await once(sent, "response");
    const served = JSON.parse((await buffer(response)).toString());
    assert.deepEqual(served, JSON.parse(JSON.stringify(openApiDocument(served.info.version))));
  });

  test("who no longer wants the answer gets their own reason", async () => {
    const stop = new AbortController();
    const state = { systemtags: ["held"], apps: [] };
    const client = clientOf("device-1");
    await client.call("checkin", { body: { digest: stateDigest(state), state } });
    const held = client.call("checkin", {
      body: { digest: stateDigest(state) },
      headers: { prefer: "wait=60" },
      signal: stop.signal,
      timeoutMs: 120_000,
    });
    const reason = new Error("enough");
    stop.abort(reason);
    await assert.rejects(held, (thrown) => thrown === reason);
  });
});

describe("against something else", () => {
  async function listening(server: Server, port = 0): Promise<number> {
    servers.push(server);
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }

  /** A server with jamesd's certificate that answers every request with these bytes. */
  async function saying(text: string, then: "destroy" | "stay"): Promise<number> {
    const pem = (file: string) => readFileSync(sandbox.path(`pki/${file}`));
    const server = createTlsServer({ cert: pem("jamesd.crt"), key: pem("jamesd.key") }, (socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.write(text, () => then === "destroy" && socket.destroy()));
    });
    return listening(server);
  }

  test("nobody listens", async () => {
    const client = clientOf("admin", await freePort());
    await assert.rejects(client.call("listDevices"), fails("SERVER_UNREACHABLE", /127\.0\.0\.1:\d+/));
  });

  test("many questions at once go over few connections, and who waited for one leaves nothing at the signal", async () => {
    const pem = (file: string) => readFileSync(sandbox.path(`pki/${file}`));
    const server = createTlsServer({ cert: pem("jamesd.crt"), key: pem("jamesd.key") }, (socket) => {
      socket.on("error", () => undefined);
      socket.on("data", () => socket.write("HTTP/1.1 204 No Content\r\n\r\n"));
    });
    const client = clientOf("admin", await listening(server));
    let connections = 0;
    server.on("secureConnection", () => ++connections);
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 20 }, () => client.call("ping", { signal })));
    assert.deepEqual([connections, getEventListeners(signal, "abort").length], [8, 0]);
  });

  test("an upload goes over the connection of what was asked before it, and a question meanwhile over another", async () => {
    const pem = (file: string) => readFileSync(sandbox.path(`pki/${file}`));
    const server = createHttpsServer(
      { cert: pem("jamesd.crt"), key: pem("jamesd.key") },
      async (request, response) => {
        if (request.method === "PUT") response.setHeader("content-type", "application/json");
        const { length } = await buffer(request);
        if (request.method === "PUT") response.end(JSON.stringify({ offset: length }));
        else response.writeHead(204).end();
      },
    );
    const client = clientOf("admin", await listening(server));
    let connections = 0;
    server.on("secureConnection", () => ++connections);
    const { promise: rest, resolve: goOn } = Promise.withResolvers<void>();
    await client.call("ping");
    const content = Readable.from(
      (async function* () {
        yield Buffer.alloc(10);
        await rest;
        yield Buffer.alloc(10);
      })(),
    );
    const uploaded = client.upload("putUpload", content, { params: { digest: DIGEST } });
    assert.equal(connections, 1);
    await client.call("ping");
    assert.equal(connections, 2);
    goOn();
    assert.deepEqual(await uploaded, { offset: 20 });
    assert.equal(connections, 2);
  });

  test("a server that ends while it works, over a new connection and over a kept one", async () => {
    const pem = (file: string) => readFileSync(sandbox.path(`pki/${file}`));
    let requests = 0;
    const server = createTlsServer({ cert: pem("jamesd.crt"), key: pem("jamesd.key") }, (socket) => {
      socket.on("error", () => undefined);
      socket.on("data", () =>
        ++requests % 2 === 1 ? socket.write("HTTP/1.1 204 No Content\r\n\r\n") : socket.destroy(),
      );
    });
    const client = clientOf("admin", await listening(server));
    const change = (isFresh: boolean) => client.call("apply", { body: { documents: [] }, isFresh });
    const isCut = (thrown: unknown): boolean =>
      fails(
        "SERVER_UNREACHABLE",
        /^the connection to 127\.0\.0\.1:\d+ broke before the whole answer came$/,
      )(thrown) && /history/.test((thrown as JamesError).hint ?? "");
    await client.call("ping");
    await assert.rejects(change(false), isCut, "kept");
    await client.call("ping");
    await assert.rejects(change(true), isCut, "new");
  });

  test("an answer that is longer than one of its kind may be is not read on", async () => {
    const pem = (file: string) => readFileSync(sandbox.path(`pki/${file}`));
    let sent = 0;
    // It sends for as long as anybody reads.
    const server = createTlsServer({ cert: pem("jamesd.crt"), key: pem("jamesd.key") }, (socket) => {
      socket.on("error", () => undefined);
      socket.once("data", (request) => {
        const status = request.toString().includes("/v1/ping") ? "404 Not Found" : "200 OK";
        socket.write(`HTTP/1.1 ${status}\r\ncontent-type: application/json\r\n\r\n`);
        const go = (): void => {
          while (!socket.destroyed && sent < 400e6) {
            sent += 64 * 1024;
            if (!socket.write(Buffer.alloc(64 * 1024, " "))) return void socket.once("drain", go);
          }
        };
        go();
      });
    });
    const client = clientOf("device-1", await listening(server));
    const params = { digest: DIGEST };
    const calls = {
      checkin: () => client.call("checkin", { body: { digest: DIGEST } }),
      delta: () => client.call("getDelta", { params, query: { base: DIGEST } }),
      packet: () => client.call("getPacket", { params, maxReply: 1e6 }),
      error: () => client.call("ping"),
    };
    const bounds = { checkin: 32 * 2 ** 20, delta: 1024, packet: 1e6, error: 64 * 1024 };
    for (const [name, call] of Object.entries(calls)) {
      sent = 0;
      await assert.rejects(call(), fails("REPLY_TOO_LARGE"), name);
      // What the sockets in between hold comes on top.
      assert.ok(sent < bounds[name as keyof typeof bounds] + 20e6, `${name}: ${sent}`);
    }
  });

  test("a port that does not speak TLS", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.end("220 mail.example.com ESMTP\r\n");
    });
    const client = clientOf("admin", await listening(server));
    const message = /cannot reach \S+: no TLS with what answers there: [a-z ]+$/;
    await assert.rejects(client.call("listDevices"), fails("SERVER_UNREACHABLE", message));
  });

  test("a connection that ends at once", async () => {
    const server = createServer((socket) => socket.destroy());
    const client = clientOf("admin", await listening(server));
    await assert.rejects(client.call("listDevices"), fails("SERVER_UNREACHABLE", /cannot reach/));
  });

  const HALF = "content-type: application/json\r\ncontent-length: 1000\r\n\r\n[{";
  for (const [what, head] of [
    ["an answer", `HTTP/1.1 200 OK\r\n${HALF}`],
    ["a refusal", `HTTP/1.1 403 Forbidden\r\n${HALF}`],
    ["the head", "HTTP/1.1 200 O"],
  ] as const)
    test(`${what} that is cut in the middle`, async () => {
      const port = await saying(head, "destroy");
      await assert.rejects(clientOf("admin", port).call("listDevices"), fails("SERVER_UNREACHABLE"));
      await assert.rejects(
        clientOf("admin", port).upload("putUpload", Readable.from(["x"]), { params: { digest: DIGEST } }),
        fails("SERVER_UNREACHABLE"),
      );
    });

  test("a server that falls silent", async () => {
    const port = await saying("", "stay");
    const client = clientOf("admin", port);
    await assert.rejects(
      client.call("listDevices", { timeoutMs: 1000 }),
      fails("SERVER_UNREACHABLE", /was reached, but there is no answer for 1 s/),
    );
  });

  test("an answer of another program, and one that is not of the protocol", async () => {
    const page = "<html>";
    const head = (status: string) => `HTTP/1.1 ${status}\r\ncontent-length: ${page.length}\r\n\r\n${page}`;
    const port = await saying(head("404 Not Found"), "stay");
    await assert.rejects(clientOf("admin", port).call("listDevices"), fails("SERVER_UNREACHABLE", /404/));
    const other = await saying(head("200 OK"), "stay");
    await assert.rejects(
      clientOf("admin", other).call("listDevices"),
      fails("SERVER_UNREACHABLE", /GET \/v1\/devices with 200 is not jamesd/),
    );
    const json = await saying("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnull", "stay");
    await assert.rejects(
      clientOf("admin", json).call("listDevices"),
      fails("INTERNAL", /not of the protocol/),
    );
  });

  test("a refusal says when to ask again, with an error of ours or without", async () => {
    const error = JSON.stringify({ code: "SERVER_BUSY", message: "later" });
    for (const [status, body, code] of [
      ["503 Service Unavailable", error, "SERVER_BUSY"],
      ["503 Service Unavailable", "<html>", "SERVER_UNREACHABLE"],
      ["429 Too Many Requests", "", "SERVER_UNREACHABLE"],
    ] as const)
      for (const [field, ms] of [
        ["retry-after: 7\r\n", 7000],
        ["retry-after: soon\r\n", undefined],
        ["", undefined],
      ] as const) {
        const head = `HTTP/1.1 ${status}\r\n${field}content-length: ${body.length}\r\n\r\n${body}`;
        const port = await saying(head, "stay");
        const client = clientOf("device-1", port);
        await assert.rejects(
          client.download("getBlob", { params: { digest: DIGEST } }),
          (thrown) => fails(code)(thrown) && (thrown as JamesError).retryAfterMs === ms,
        );
      }
  });

  test("an answer that is no refusal may say when to ask again, too", async () => {
    for (const [field, told] of [
      ["retry-after: 90\r\n", [90_000]],
      ["", []],
    ] as const) {
      const port = await saying(`HTTP/1.1 204 No Content\r\n${field}\r\n`, "stay");
      const client = clientOf("device-1", port);
      const heard: number[] = [];
      await client.call("checkin", { body: { digest: DIGEST }, onRetryAfter: (ms) => heard.push(ms) });
      assert.deepEqual(heard, told);
    }
  });

  test("the TLS session is taken up again, also after the server was away, but not by another certificate or where one is to be proved", async () => {
    const pem = (file: string) => readFileSync(sandbox.path(`pki/${file}`));
    const ticketKeys = randomBytes(48);
    const own = { ca: pem("ca.crt"), cert: pem("jamesd.crt"), key: pem("jamesd.key") };
    const resumed: boolean[] = [];
    const start = async (port: number) => {
      const server = createHttpsServer({ ...own, requestCert: true, ticketKeys }, (request, response) => {
        resumed.push((request.socket as TLSSocket).isSessionReused());
        response.writeHead(204, { connection: "close" }).end();
      });
      const stop = () => new Promise((end) => server.close(end));
      return { port: await listening(server, port), stop };
    };
    const first = await start(0);
    const client = clientOf("device-1", first.port);
    await client.call("ping");
    await first.stop();
    await assert.rejects(client.call("ping"), fails("SERVER_UNREACHABLE"));
    await start(first.port);
    await client.call("ping");
    await client.call("ping", { isFresh: true });
    await client.call("ping");
    client.renew({ ...own, cert: pem("admin.crt"), key: pem("admin.key") });
    await client.call("ping");
    assert.deepEqual(resumed, [false, true, false, true, false]);
  });

  test("an answer of a later format is said to be one, whatever else is in it", async () => {
    const body = JSON.stringify({ format: 2, chunks: [] });
    const head = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    for (const [name, what] of [
      ["getPacket", "packet"],
      ["getDelta", "delta"],
      ["getWholeBundle", "bundle"],
    ] as const) {
      const port = await saying(head, "stay");
      const client = clientOf("device-1", port);
      const words = new RegExp(`the ${what} is of format 2, and this program knows format 1`);
      await assert.rejects(client.call(name, { params: { digest: DIGEST } }), fails("FORMAT_UNKNOWN", words));
    }
  });

  test("a plan of a later format is an answer: who it is for can say that it cannot have it", async () => {
    const plan = { format: 2, target: DIGEST, revision: 7, waves: [] };
    const body = JSON.stringify({ plan });
    const head = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const port = await saying(head, "stay");
    const client = clientOf("device-1", port);
    const reply = await client.call("checkin", { body: { digest: DIGEST } });
    assert.deepEqual(reply, { plan: { format: 2, target: DIGEST, revision: 7 } });
  });

  test("a refusal with a code that only a newer server knows is of the class of its status", async () => {
    const error = JSON.stringify({ code: "MOON_IS_FULL", message: "not today" });
    for (const [status, kind] of [
      ["503 Service Unavailable", "unavailable"],
      ["409 Conflict", "conflict"],
      ["418 I'm a Teapot", "internal"],
    ] as const) {
      const head = `HTTP/1.1 ${status}\r\ncontent-length: ${error.length}\r\n\r\n${error}`;
      const port = await saying(head, "stay");
      const client = clientOf("admin", port);
      await assert.rejects(
        client.call("listDevices"),
        (thrown) =>
          fails("INTERNAL", /not today \(MOON_IS_FULL\)/)(thrown) && (thrown as JamesError).class === kind,
      );
    }
  });

  /** Neither a server of another authority nor one of another name is believed. */
  async function believesNobodyElse(): Promise<void> {
    await using other = await Sandbox.create();
    const ca = readFileSync(other.path("pki/ca.crt"));
    const stranger = clientOf("admin", sandbox.port, { ca });
    await assert.rejects(stranger.call("listDevices"), fails("SERVER_IDENTITY"));
    const wrong = clientOf("admin", sandbox.port, { serverName: "elsewhere" });
    await assert.rejects(wrong.call("listDevices"), fails("SERVER_IDENTITY", /elsewhere/));
  }

  test("a server of another CA, and one of another name; the caller may know better why", async () => {
    await believesNobodyElse();
    const explain = () => new JamesError("CERTIFICATE_INVALID", "ours has expired");
    const explained = clientOf("admin", sandbox.port, { serverName: "elsewhere", explain });
    await assert.rejects(explained.call("listDevices"), fails("CERTIFICATE_INVALID", /expired/));
  });

  test("no variable of the environment has somebody believed who is not the server", async (t) => {
    const variable = "NODE_TLS_REJECT_UNAUTHORIZED";
    t.after(() => delete process.env[variable]);
    process.env[variable] = "0";
    await believesNobodyElse();
  });

  test("a certificate of another CA gets no answer; Node ends the connection without an alert", async () => {
    await using other = await Sandbox.create();
    const pem = (file: string) => readFileSync(other.path(`pki/${file}`));
    const pair = { cert: pem("admin.crt"), key: pem("admin.key") };
    const asked: JamesError[] = [];
    const explain = (error: JamesError) => {
      asked.push(error);
      return new JamesError("CERTIFICATE_INVALID", "not issued by the CA");
    };
    const stranger = clientOf("admin", sandbox.port, { ...pair, explain });
    await assert.rejects(stranger.call("listDevices"), fails("CERTIFICATE_INVALID"));
    assert.match(asked[0]?.code ?? "", /^(SERVER_UNREACHABLE|CERTIFICATE_REFUSED)$/);
  });
});
