import assert from "node:assert/strict";
import { test } from "node:test";
import { type App, sha256 } from "@jamesd/model";
import { SYNC_STATUSES } from "@jamesd/protocol";
import fc from "fast-check";
import { parseFilter } from "../src/http/device-query.ts";
import { LONG, ORIGIN, Scene, V1 } from "./scene.ts";

const APPS: readonly App[] = [
  { name: "vpn", tags: ["v1", "arm"] },
  { name: "vpn", tags: ["v2", "arm"] },
  { name: "web", tags: ["v1"] },
];

/** What a device reports; it is heard of so many minutes before the end. */
const device = fc.record({
  tags: fc.subarray(["arm", "big"]),
  app: fc.option(fc.constantFrom(...APPS), { nil: undefined }),
  minutes: fc.nat(4),
  isWanted: fc.boolean(),
});
const query = fc.record(
  {
    tags: fc.subarray(["arm", "big"]).map((tags) => tags.join()),
    app: fc.constantFrom("vpn", "web", "none"),
    appTags: fc.subarray(["v1", "arm"]).map((tags) => tags.join()),
    sync: fc.subarray([...SYNC_STATUSES], { minLength: 1 }).map((words) => words.join()),
    connected: fc.constantFrom("true", "false"),
    seenSince: fc.nat(4),
    seenBefore: fc.nat(4),
  },
  { requiredKeys: [] },
);

test("law: a filter lets those devices through that are all that it says, and no others", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(device, { maxLength: 6 }),
      fc.array(query, { maxLength: 8 }),
      async (all, asked) => {
        await using scene = await Scene.open();
        const [start, minute] = [scene.now, 60_000];
        const apps = [{ name: "vpn", tags: [] }];
        await scene.upload("vpn", []);
        for (const [i, { tags, app, minutes, isWanted }] of all.entries()) {
          scene.now = start + (4 - minutes) * minute;
          const has = app ? [{ ...app, digest: sha256("x") }] : [];
          await scene.report(`d${i}`, has, undefined, tags);
          if (isWanted) await scene.wish(`d${i}`, apps);
        }
        scene.now = start + 4 * minute;
        for (const { seenSince, seenBefore, ...rest } of asked) {
          const since = seenSince === undefined ? undefined : start + seenSince * minute;
          const before = seenBefore === undefined ? undefined : start + seenBefore * minute;
          const { appTags, ...others } = rest;
          const words = { ...others, ...(others.app && { appTags }) };
          const filter = { ...words, seenSince: since?.toString(), seenBefore: before?.toString() };
          const passing = all.flatMap(({ tags, app, minutes, isWanted }, i) => {
            // Who is connected is seen all the time.
            const lastSeen = start + (minutes < 3 ? 4 : 4 - minutes) * minute;
            const has = (name: string): boolean => app !== undefined && app.name === name;
            // Who could follow no revision of here yet has apps that nothing explains, unless it is wished something.
            const hasRevision = all.slice(0, i).some((one) => one.isWanted);
            const sync = isWanted ? "pending" : app && !hasRevision ? "halted" : "unmanaged";
            const isIn =
              list(words.tags).every((tag) => tags.some((one) => one === tag)) &&
              (!words.app ||
                (has(words.app) && list(words.appTags).every((tag) => app?.tags.includes(tag)))) &&
              (!words.sync || list(words.sync).includes(sync)) &&
              (!words.connected || words.connected === String(minutes < 3)) &&
              (since === undefined || lastSeen >= since) &&
              (before === undefined || lastSeen < before);
            return isIn ? [`d${i}`] : [];
          });
          assert.deepEqual(
            (await scene.fleet.list.page(parseFilter(filter))).map(({ id }) => id),
            passing,
            JSON.stringify(filter),
          );
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("a page has at most so many devices as are asked for, and none when none are", async () => {
  await using scene = await Scene.open();
  for (const id of ["a", "b", "c"]) await scene.report(id);
  const ids = async (limit: string) =>
    (await scene.fleet.list.page(parseFilter({ limit }))).map(({ id }) => id);
  assert.deepEqual(await ids("2"), ["a", "b"]);
  assert.deepEqual(await ids("0"), []);
  assert.equal(parseFilter({}).limit, 1000);
  assert.equal(parseFilter({ limit: "9".repeat(15) }).limit, 10_000);
  assert.throws(() => parseFilter({ limit: "9".repeat(16) }), { code: "REQUEST_INVALID" });
});

test("a device is removed when it is neither connected nor has anything of its own, or by force", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  const remove = (isForced = false) => scene.desired.removeDevice("d", isForced, ORIGIN);
  await scene.report("d");
  await assert.rejects(remove(), { code: "DEVICE_IN_USE", message: "d is connected" });
  scene.now += LONG;
  await scene.wish("d", [V1]);
  await assert.rejects(remove(), { code: "DEVICE_IN_USE", message: "d has a desired state of its own" });
  await remove(true);
  await scene.report("d");
  scene.now += LONG;
  await remove();
  assert.deepEqual(await scene.fleet.list.page(parseFilter({})), []);
});

function list(text = ""): readonly string[] {
  return text === "" ? [] : text.split(",");
}
