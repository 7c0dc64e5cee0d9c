import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  isAdmitted,
  JamesError,
  type OpenedWave,
  openWave,
  parseRollout,
  parseWaves,
  type RolloutDevice,
  sizesAhead,
  waveOfNewcomer,
  wavesAhead,
  waveText,
} from "../src/index.ts";

const TAGS = ["canary", "lab", "shop"] as const;
const wave = fc.oneof(
  fc.constantFrom(...TAGS).map((tag) => `tag:${tag}`),
  fc.integer({ min: 1, max: 30 }).map(String),
);
/** Waves as they may be written: percents grow, no tag comes twice. */
const waves = fc
  .tuple(
    fc.uniqueArray(wave, { maxLength: 4 }),
    fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 3 }),
  )
  .map(([first, percents]) => [...first, ...percents.sort((a, b) => a - b).map((one) => `${one}%`), "100%"]);
const candidate = fc.record({ tags: fc.subarray([...TAGS]), isAsleep: fc.boolean() });
const population = fc
  .array(candidate, { maxLength: 60 })
  .map((list) =>
    list.map(
      ({ tags, isAsleep }, i): RolloutDevice => ({ id: `device-${i}`, tags: new Set(tags), isAsleep }),
    ),
  );
const seed = fc.nat();

function openAll(
  texts: readonly string[],
  all: readonly RolloutDevice[],
  seed: number,
): readonly OpenedWave[] {
  const opened: OpenedWave[] = [];
  for (const wave of parseWaves(texts)) opened.push(openWave(wave, { population: all, opened, seed }));
  return opened;
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (err) {
    if (err instanceof JamesError) return err.code;
    throw err;
  }
  return "none";
}

test("waves are read as they are written, and everybody comes last", () => {
  fc.assert(fc.property(waves, (texts) => assert.deepEqual(parseWaves(texts).map(waveText), texts)));
  assert.deepEqual(parseWaves(["tag:canary", "5", "0.5%"]).map(waveText), [
    "tag:canary",
    "5",
    "0.5%",
    "100%",
  ]);
});

test("as many as there may be are read again with the last one that was added", () => {
  const texts = parseWaves(Array.from({ length: 20 }, (_, i) => `${i + 1}%`)).map(waveText);
  assert.equal(texts.length, 21);
  assert.deepEqual(parseWaves(texts).map(waveText), texts);
});

test("what is no wave is refused", () => {
  for (const texts of [
    [],
    ["0"],
    ["0%"],
    ["101%"],
    ["-1"],
    ["1.5"],
    ["1e3"],
    ["canary"],
    ["tag:a", "tag:a"],
    ["10%", "10%"],
    ["100%", "5"],
    Array.from({ length: 21 }, (_, i) => `${i + 1}%`),
  ])
    assert.equal(
      codeOf(() => parseWaves(texts)),
      "ROLLOUT_INVALID",
      texts.join(),
    );
  assert.equal(
    codeOf(() => parseWaves(["tag:a b"])),
    "TAG_INVALID",
  );
});

test("settings that cannot be are refused by name", () => {
  for (const [name, value] of [
    ["success", 1.1],
    ["failures", -0.1],
    ["bakeMs", 0.5],
    ["patienceMs", Number.NaN],
    ["attempts", 0],
    ["inFlight", 1.5],
  ] as const)
    assert.throws(
      () => parseRollout({ [name]: value }),
      new RegExp(`^JamesError: ${name.replace("Ms", "")} of`),
    );
  assert.equal(parseRollout({ bakeMs: undefined }).bakeMs, 900_000);
});

test("law: waves part the devices, each in exactly one, in whichever order they come", () => {
  fc.assert(
    fc.property(waves, population, seed, fc.nat(), (texts, all, seed, turn) => {
      const opened = openAll(texts, all, seed);
      const ids = opened.flatMap((one) => one.ids);
      assert.deepEqual([...ids].sort(), all.map(({ id }) => id).sort());
      const turned = [...all.slice(turn % (all.length + 1)), ...all.slice(0, turn % (all.length + 1))];
      assert.deepEqual(openAll(texts, turned.reverse(), seed), opened);
    }),
  );
});

test("law: a wave has as many as it says, those that are awake before those asleep", () => {
  fc.assert(
    fc.property(waves, population, seed, (texts, all, seed) => {
      let before = 0;
      for (const [i, { wave, ids }] of openAll(texts, all, seed).entries()) {
        const free = all.length - before;
        if ("devices" in wave) assert.equal(ids.length, Math.min(free, wave.devices));
        if ("percent" in wave)
          assert.equal(before + ids.length, Math.max(before, Math.ceil((all.length * wave.percent) / 100)));
        const asleep = new Set(all.filter(({ isAsleep }) => isAsleep).map(({ id }) => id));
        const later = openAll(texts, all, seed)
          .slice(i + 1)
          .flatMap((one) => one.ids);
        if (!("tag" in wave) && ids.some((id) => asleep.has(id)))
          assert.ok(
            later.every((id) => asleep.has(id)),
            "an awake one waits while one asleep is in",
          );
        before += ids.length;
      }
    }),
  );
});

test("law: who comes later is in some wave when all are open, and stays in it when more open", () => {
  fc.assert(
    fc.property(waves, population, seed, (texts, all, seed) => {
      const opened = openAll(texts, all, seed);
      const found = opened.map((_, i) => waveOfNewcomer(opened.slice(0, i + 1), "newcomer", seed));
      assert.notEqual(found.at(-1), undefined);
      const first = found.find((one) => one !== undefined);
      assert.ok(found.every((one) => one === undefined || one === first));
    }),
  );
});

test("one in ten of those that come later is in a wave of ten of a hundred", () => {
  const all = Array.from({ length: 1000 }, (_, i) => ({
    id: `device-${i}`,
    tags: new Set(""),
    isAsleep: false,
  }));
  const opened = [openWave({ percent: 10 }, { population: all, opened: [], seed: 42 })];
  const late = Array.from({ length: 4000 }, (_, i) => `late-${i}`);
  const count = late.filter((id) => waveOfNewcomer(opened, id, 42) === 0).length;
  assert.ok(count > 320 && count < 480, `${count}`);
});

test("who comes later with the tag of an open wave waits: it may lose the tag again", () => {
  const opened = [openWave({ tag: "canary" }, { population: [], opened: [], seed: 1 })];
  assert.equal(waveOfNewcomer(opened, "late", 1), undefined);
  const others = [...opened, openWave({ percent: 100 }, { population: [], opened, seed: 1 })];
  assert.equal(waveOfNewcomer(others, "late", 1), 1);
});

test("law: whatever becomes of tags and whoever comes, nobody who was there gets it before a wave is opened for it, and nobody loses it", () => {
  const moves = fc.array(population, { minLength: 25, maxLength: 25 });
  fc.assert(
    fc.property(waves, moves, seed, fc.boolean(), (texts, populations, seed, isAll) => {
      const opened: OpenedWave[] = [];
      const [left, had] = [new Set<string>(), new Set<string>()];
      for (const [i, wave] of parseWaves(texts).entries()) {
        const all = populations[isAll ? i : 0] ?? [];
        opened.push(openWave(wave, { population: all, opened, seed }));
        for (const { id } of all) left.add(id);
        for (const { ids } of opened) for (const id of ids) left.delete(id);
        for (const { ids } of opened) for (const id of ids) had.add(id);
        const now = (populations[i + 1] ?? []).filter(({ id }) => had.has(id) || left.has(id));
        for (const device of now) assert.equal(isAdmitted(opened, device.id, seed), had.has(device.id));
      }
    }),
  );
});

test("who came since a wave was opened, and is in it, stays in it when the next is opened", () => {
  const device = (id: string) => ({ id, tags: new Set([]), isAsleep: false });
  const known = Array.from({ length: 10 }, (_, i) => device(`known-${i}`));
  const half = openWave({ percent: 50 }, { population: known, opened: [], seed: 1 });
  const ranks = Array.from({ length: 20 }, (_, i) => `late-${i}`);
  const late = ranks.find((id) => waveOfNewcomer([half], id, 1) === 0) ?? "";
  const waiting = ranks.find((id) => waveOfNewcomer([half], id, 1) === undefined) ?? "";
  assert.ok(isAdmitted([half], late, 1) && !isAdmitted([half], waiting, 1));
  const population = [...known, device(late), device(waiting)];
  const next = openWave({ devices: 1 }, { population, opened: [half], seed: 1 });
  assert.equal(next.ids.includes(late), true);
  assert.equal(next.ids.length, 2);
  assert.ok(isAdmitted([half, next], late, 1));
});

test("the waves ahead are those that would be opened one after the other", () => {
  fc.assert(
    fc.property(waves, population, seed, fc.nat(), (texts, all, seed, some) => {
      const opened = openAll(texts, all, seed);
      const open = some % (opened.length + 1);
      const ahead = wavesAhead({ waves: parseWaves(texts), opened: opened.slice(0, open), seed }, all);
      assert.deepEqual(ahead, opened.slice(open));
    }),
  );
});

test("how many devices waves ahead have is as if they were opened, when none goes by a tag", () => {
  fc.assert(
    fc.property(
      waves,
      population,
      seed,
      fc.nat(),
      fc.func(fc.boolean()),
      (texts, all, seed, some, isGone) => {
        const untagged = parseWaves(texts.filter((text) => !text.startsWith("tag:")));
        const opened = openAll(untagged.map(waveText), all, seed).slice(0, some % (untagged.length + 1));
        const left = all.filter(({ id }) => !isGone(id));
        const ahead = wavesAhead({ waves: untagged, opened, seed }, left).map(({ ids }) => ids.length);
        const admitted = new Set(opened.flatMap(({ ids }) => ids));
        assert.deepEqual(sizesAhead(untagged.slice(opened.length), left, admitted), ahead);
      },
    ),
  );
});

test("waves ahead that go by a tag have at the most who has it and is free", () => {
  const device = (id: string, tags: readonly string[]) => ({ id, tags: new Set(tags), isAsleep: false });
  const all = [device("a", ["lab"]), device("b", ["lab", "shop"]), device("c", []), device("d", [])];
  const sizes = (...texts: string[]) => sizesAhead(parseWaves(texts), all, new Set(["a", "gone"]));
  assert.deepEqual(sizes("tag:lab", "75%"), [1, 1, 1]);
  assert.deepEqual(sizes("2", "tag:shop"), [2, 1, 0]);
  assert.deepEqual(sizes("3", "tag:shop"), [3, 0, 0]);
});
