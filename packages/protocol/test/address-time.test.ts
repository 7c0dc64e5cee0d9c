import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { Sandbox } from "@jamesd/testkit";
import { AddressTime } from "../src/address-time.ts";
import type { Question } from "../src/exchange.ts";
import { KeptSession } from "../src/kept-session.ts";
import { Lines } from "../src/lines.ts";
import { OwnPieces } from "../src/pieces.ts";

// A listener whose thread sleeps: when its queue is full, the kernel answers nobody.
const SLEEPER = `
const { parentPort, workerData: { awake, ...credentials } } = require("node:worker_threads");
const answer = (socket) => socket.on("error", () => undefined).once("data", () => socket.end("HTTP/1.1 204 No Content\\r\\n\\r\\n"));
const server = require("node:tls").createServer(credentials, answer);
server.listen({ host: "127.0.0.2", port: 0, backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  Atomics.wait(new Int32Array(awake), 0, 0);
});`;

test("an address that answers late is not left for ever for another one that refuses", async (t) => {
  await using sandbox = await Sandbox.create([]);
  const pem = (file: string) => readFileSync(sandbox.path(`pki/${file}`));
  const awake = new SharedArrayBuffer(4);
  const wake = () => Atomics.store(new Int32Array(awake), 0, 1) && Atomics.notify(new Int32Array(awake), 0);
  const workerData = { awake, cert: pem("jamesd.crt"), key: pem("jamesd.key") };
  const sleeper = new Worker(SLEEPER, { eval: true, workerData });
  t.after(() => {
    wake();
    return sleeper.terminate();
  });
  const [port] = (await once(sleeper, "message")) as [number];
  for (let waiting = 0; waiting < 2; waiting += 1) {
    const socket = connect(port, "127.0.0.2").on("error", () => undefined);
    t.after(() => socket.destroy());
    await once(socket, "connect");
  }
  // It can be reached as soon as it was left once.
  const time = new (class extends AddressTime {
    override grow(ms: number): boolean {
      wake();
      return super.grow(ms);
    }
  })();
  const addresses = ["127.0.0.2", "127.0.0.1"].map((address) => ({ address, family: 4 }));
  const options = {
    ...{ host: "server.test", port, servername: "jamesd", ca: pem("ca.crt") },
    lookup: (_name: string, _options: unknown, found: (error: null, all: typeof addresses) => void) =>
      found(null, addresses),
  };
  const lines = new Lines(
    { host: "server.test", port },
    () => options as object,
    () => new KeptSession(),
    time,
  );
  t.after(() => lines.close());
  const question: Question = {
    bytes: Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    bound: () => 0,
    pieces: () => new OwnPieces(),
    ...{ timeoutMs: 20_000, signal: undefined, reached: () => undefined },
  };
  assert.equal((await lines.ask(question)).statusCode, 204);
  assert.ok(time.ms > 250, "and the next connection waits as long from the start");
});

test("how long an address is waited for grows once for all that found it too short, up to a bound", () => {
  const time = new AddressTime();
  assert.deepEqual([time.grow(250), time.ms], [true, 1500]);
  assert.deepEqual([time.grow(250), time.ms], [true, 1500]);
  assert.deepEqual([time.grow(1500), time.ms], [true, 9000]);
  assert.deepEqual([time.grow(9000), time.ms], [false, 9000]);
});
