import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FORMATS } from "@jamesd/model";
import type { Result } from "../../src/cli/command.ts";
import { ping } from "../../src/commands/ping.ts";
import { version } from "../../src/commands/version.ts";
import { whoami } from "../../src/commands/whoami.ts";
import { VERSION } from "../../src/version.ts";
import { type Answer, withServer } from "../answering-server.ts";
import { contextOf } from "../context.ts";

const YOU = { name: "anna", role: "operator", certEnds: Date.UTC(2027, 0, 31), issuer: "CN=our CA" };
const SAME = { version: VERSION, formats: FORMATS, you: YOU };
const LATER = { ...SAME, version: "99.0.0", formats: { ...FORMATS, packet: 2, dream: 1 } };
const OLD = { status: 404, code: "ROUTE_UNKNOWN" };

/** What a command gives against a server that says this of itself, and what it noted. */
async function against(
  about: Answer,
  command: { handler(flags: { client: boolean }, context: ReturnType<typeof contextOf>): Promise<unknown> },
  flags = { client: false },
) {
  const notes: string[] = [];
  let result: Result = { data: undefined };
  await withServer(
    ({ path }) => (path === "/v1/about" ? about : {}),
    async (client) => {
      result = (await command.handler(flags, contextOf(client, notes))) as Result;
    },
  );
  return { ...result, data: result.data as Record<string, unknown>, notes };
}

suite("ping", () => {
  test("says which server answered, and how long that took", async () => {
    const { data } = await against(SAME, ping);
    assert.deepEqual([data.name, data.version], ["jamesd", VERSION]);
    assert.match(String(data.server), /^127\.0\.0\.1:\d+$/);
    assert.deepEqual([typeof data.connectMs, typeof data.roundTripMs], ["number", "number"]);
  });

  test("takes a server that does not tell its version, and no other refusal", async () => {
    assert.equal((await against(OLD, ping)).data.version, "unknown");
    await assert.rejects(against({ status: 403, code: "ROLE_FORBIDDEN" }, ping), { code: "ROLE_FORBIDDEN" });
  });
});

suite("whoami", () => {
  test("says what the server says", async () => {
    assert.deepEqual((await against(SAME, whoami)).data, { ...YOU, certEnds: "2027-01-31T00:00:00Z" });
  });

  test("of a server that cannot say it says so", async () => {
    await assert.rejects(against(OLD, whoami), { code: "ROUTE_UNKNOWN", message: /too old/ });
  });
});

suite("version", () => {
  const client = { version: VERSION, formats: FORMATS };

  test("of both, and no word when they are the same", async () => {
    const { data, notes } = await against(SAME, version);
    assert.deepEqual(data, { client, server: client });
    assert.deepEqual(notes, []);
  });

  test("warns of another version, and of each format that cannot be read", async () => {
    const { data, notes } = await against(LATER, version);
    assert.deepEqual(data.server, { version: "99.0.0", formats: LATER.formats });
    const [first, ...more] = notes;
    assert.match(first ?? "", /^the server is jamesd 99\.0\.0, and this is jamesd-ctl /);
    assert.deepEqual(
      more.map((note) => note.replace(/, which .*/, "")),
      ["the server has format 2 of a packet", "the server has format 1 of a dream"],
    );
  });

  test("of a server that does not tell it", async () => {
    const { data, notes } = await against(OLD, version);
    assert.deepEqual(data.server, { version: "unknown" });
    assert.match(notes.join(), /^the server does not tell its version: it is older/);
  });

  test("of the program alone, and when no server answers", async () => {
    const alone = await against({ status: 500, code: "INTERNAL" }, version, { client: true });
    assert.deepEqual([alone.data, alone.failure], [{ client }, undefined]);
    const { data, failure } = await against({ status: 500, code: "INTERNAL" }, version);
    assert.deepEqual([data, failure?.code], [{ client }, "INTERNAL"]);
  });
});
