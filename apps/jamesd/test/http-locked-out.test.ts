import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { Agent } from "node:https";
import { test } from "node:test";
import { certificateId } from "@jamesd/pki/certificate-id";
import { closed } from "@jamesd/testkit";
import { pino } from "pino";
import { startServer } from "../src/server.ts";
import { hold, report } from "./http-seed.ts";
import { type Answer, codeOf, jsonOf, TestServer } from "./http-server.ts";

async function revoke(server: TestServer, locked: object, reason = ""): Promise<Answer> {
  const answer = await server.send("admin", "POST", "/v1/revocations", { body: { locked, reason } });
  assert.equal(answer.status, 200, answer.body.toString());
  return answer;
}

function lift(server: TestServer, locked: object): Promise<Answer> {
  return server.send("admin", "POST", "/v1/revocations/lift", { body: { locked } });
}

function idOf(server: TestServer, name: string) {
  return { kind: "certificate", ...certificateId(new X509Certificate(server.credentials(name).cert)) };
}

test("who is locked out is gone at once, whatever is open, held or resumed, and comes in again when it is let", async () => {
  await using server = await TestServer.start();
  const locks = [
    { kind: "name", name: "device-1" },
    idOf(server, "device-1"),
    { kind: "certificate", serial: idOf(server, "device-1").serial, issuer: null },
  ];
  for (const locked of locks) {
    const { digest } = await report(server, "device-1");
    const resuming = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = await server.send("device-1", "GET", "/v1/ping", { agent: resuming });
    assert.equal(first.status, 204);
    const held = await hold(server, "device-1", digest, new Agent({ maxSockets: 1 }));
    const revoked = jsonOf(await revoke(server, locked, "stolen")) as readonly object[];
    assert.equal(revoked.length, 1);
    await assert.rejects(held.answer, { code: "ECONNRESET" });
    // What it kept open is ended.
    await closed(first.socket);
    const again = await server.send("device-1", "GET", "/v1/ping", { agent: resuming });
    assert.deepEqual([again.status, codeOf(again), again.isResumed], [401, "CERTIFICATE_REVOKED", true]);
    assert.equal(again.headers.connection, "close");
    for (const [method, path] of [
      ["GET", "/v1/checkin"],
      ["POST", "/nowhere"],
    ] as const)
      assert.equal(
        codeOf(await server.send("device-1", method, path, { agent: resuming })),
        "CERTIFICATE_REVOKED",
      );
    assert.equal(again.body.includes("stolen"), false, "whoever holds it need not know what is known of it");
    // Nobody else is.
    assert.equal((await server.send("device-2", "GET", "/v1/ping")).status, 204);
    assert.equal((await lift(server, locked)).status, 200);
    assert.equal((await server.send("device-1", "GET", "/v1/ping", { agent: resuming })).status, 204);
    resuming.destroy();
  }
});

test("it is durable before it is acknowledged, and its story is in the log", async () => {
  const server = await TestServer.start();
  await report(server, "device-1");
  await revoke(server, { kind: "name", name: "device-1" }, "stolen");
  assert.deepEqual(
    jsonOf(await revoke(server, { kind: "name", name: "device-1" }, "again")),
    [],
    "it stays as it was",
  );
  await server.stop();
  const { config } = server;
  const next = await startServer(config, pino({ level: "silent" }));
  try {
    const at = { port: next.address.port };
    const refused = await server.open("device-1", { ...at, path: "/v1/ping" });
    assert.equal(codeOf(refused), "CERTIFICATE_REVOKED");
    const listed = jsonOf(await server.open("watcher", { ...at, path: "/v1/revocations" })) as readonly {
      time: number;
    }[];
    const [only] = listed;
    assert.deepEqual(listed, [
      {
        locked: { kind: "name", name: "device-1" },
        reason: "stolen",
        author: "admin",
        address: "127.0.0.1",
        time: only?.time,
      },
    ]);
    const told = jsonOf(
      await server.open("watcher", { ...at, path: "/v1/events?device=device-1&kinds=revoked,unrevoked" }),
    ) as readonly { kind: string; author: string; reason: string }[];
    assert.deepEqual(
      told.map(({ kind, author, reason }) => [kind, author, reason]),
      [["revoked", "admin", "stolen"]],
    );
  } finally {
    await next.close();
    await server[Symbol.asyncDispose]().catch(() => undefined);
  }
});

test("nobody locks out itself, and what is not locked out cannot be let in", async () => {
  await using server = await TestServer.start();
  const own = idOf(server, "admin");
  for (const locked of [
    { kind: "name", name: "admin" },
    own,
    { kind: "certificate", serial: own.serial, issuer: null },
  ]) {
    const answer = await server.send("admin", "POST", "/v1/revocations", { body: { locked } });
    assert.equal(codeOf(answer), "REQUEST_INVALID");
    assert.match(answer.body.toString(), /admin would lock out itself/);
  }
  assert.deepEqual(jsonOf(await server.send("admin", "GET", "/v1/revocations")), []);
  const unknown = await lift(server, { kind: "name", name: "device-1" });
  assert.deepEqual([unknown.status, codeOf(unknown)], [404, "REVOCATION_UNKNOWN"]);
  for (const locked of [
    {},
    { kind: "name", name: "" },
    { kind: "certificate", serial: "0A", issuer: null },
    { kind: "name", name: "a", serial: "1", issuer: null },
  ])
    assert.equal(
      codeOf(await server.send("admin", "POST", "/v1/revocations", { body: { locked } })),
      "REQUEST_INVALID",
    );
});
