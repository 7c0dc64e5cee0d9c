import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pick, readTree, skipUnless, sweepTest } from "@jamesd/testkit";
import { Life } from "../faults/life.ts";
import "../faults/calls.ts";
import type { Packet } from "@jamesd/model";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

const USER = 12_345;
const skip = skipUnless(process.getuid?.() === 0, "needs root to give files away");

const HOME = "home/u";
const VICTIM = "etc/victim";
const PATHS = ["app", "app/f", "app/sub", "app.conf", "came"].map((name) => `${HOME}/${name}`);

/** What a user can put in the place of a path in a folder of his. */
const SWAPS: Readonly<Record<string, (at: string, root: string) => void>> = {
  "a link to a folder of root": (at) => {
    symlinkSync("/etc/victim", at);
    give(at);
  },
  "a link to a file of root": (at) => {
    symlinkSync("/etc/victim/f", at);
    give(at);
  },
  "another name of a program of root": (at, root) => linkSync(join(root, VICTIM, "program"), at),
  "another name of a file of root": (at, root) => linkSync(join(root, VICTIM, "f"), at),
  "a folder with links in it": (at) => {
    mkdirSync(at);
    symlinkSync("/etc/victim", join(at, "sub"));
    symlinkSync("/etc/victim/f", join(at, "f"));
    writeFileSync(join(at, "his"), "the user's\n");
    for (const name of ["", "sub", "f", "his"]) give(join(at, name));
  },
  "a folder of root": (at, root) => renameSync(join(root, HOME, "secret"), at),
};

function give(at: string): void {
  lchownSync(at, USER, USER);
}

/** Modes and owners that cp does not copy are given here again. */
function arrange({ root }: Bench): void {
  for (const folder of [`${HOME}/secret`, VICTIM]) mkdirSync(join(root, folder), { recursive: true });
  for (const name of ["f", "program", "app.conf", "sub"])
    writeFileSync(join(root, VICTIM, name), "root's\n", { mode: 0o600 });
  chmodSync(join(root, VICTIM, "program"), 0o4755);
  writeFileSync(join(root, HOME, "secret/key"), "root's\n", { mode: 0o600 });
  chmodSync(join(root, HOME, "secret"), 0o700);
  chownSync(join(root, HOME), USER, USER);
}

const shelf = new Shelf();
const tree = (text: string) => ({
  [`${HOME}/app`]: { dir: text === "1\n" ? 0o755 : 0o750 },
  [`${HOME}/app/f`]: text,
  [`${HOME}/app/sub/x`]: text,
  [`${HOME}/app.conf`]: text,
  ...(text === "2\n" && { [`${HOME}/came/y`]: text }),
});
const rest = { conffiles: [`${HOME}/app.conf`] };
const before = shelf.add("app", tree("1\n"), {}, rest);

async function sweep(swap: (at: string, root: string) => void, wanted: Packet, name: string): Promise<void> {
  using base = new Bench();
  arrange(base);
  await (await base.open()).carryOut(planFor([], [before], shelf), shelf, NEVER);
  const untouched = new Life();
  using whole = copyOf(base);
  await upgrade(whole, wanted, untouched);
  const moments = PATHS.flatMap((path) => untouched.points.map(({ number }) => ({ path, number })));
  // Between the look at a file and its rename.
  const narrow = untouched.points
    .filter(({ call, site }) => call === "renameSync" && /^(setAside|moveBack) /.test(site()))
    .map(({ number }) => ({ path: `${HOME}/app/f`, number }));
  for (const { path, number } of [...narrow, ...pick(name, moments, 3)]) {
    using bench = copyOf(base);
    const victim = readTree(join(bench.root, VICTIM));
    const at = join(bench.root, path);
    let isHis = false;
    let where = `${path} ${number}`;
    const life = new Life((point) => {
      if (point.number !== number || !existsSync(join(at, ".."))) return "go on";
      where += ` ${point.call} ${point.site()}`;
      if (existsSync(at)) renameSync(at, join(bench.root, HOME, "away"));
      swap(at, bench.root);
      isHis = existsSync(join(at, "his"));
      return "go on";
    });
    await upgrade(bench, wanted, life);
    assert.deepEqual(readTree(join(bench.root, VICTIM)), victim, where);
    const all = Object.entries(readTree(bench.root));
    const isKept = all.some(([name]) => name.endsWith("/his"));
    assert.equal(isKept, isHis, `${where}: what the user put there`);
    const secret = all.find(([path]) => path.endsWith("/key"))?.[0].slice(0, -"/key".length);
    const folder = all.find(([path]) => path === secret)?.[1];
    assert.deepEqual([folder?.mode, folder?.uid], [0o700, 0], `${where}: ${secret}`);
    const device = await bench.open();
    const gone = await device.carryOut(planFor(device.installed, [], shelf, 3), shelf, NEVER);
    assert.equal(gone.outcome, "committed", `${where}: ${gone.error?.message}`);
    assert.deepEqual(readTree(join(bench.root, VICTIM)), victim, `${where}, later`);
    assert.ok(!existsSync(join(bench.state, "staging")), where);
  }
}

function copyOf(base: Bench): Bench {
  const bench = new Bench();
  cpSync(base.root, bench.root, { recursive: true, preserveTimestamps: true });
  cpSync(base.state, bench.state, { recursive: true });
  arrange(bench);
  return bench;
}

async function upgrade(bench: Bench, wanted: Packet, life: Life): Promise<void> {
  const device = await bench.open();
  await life.run(() => device.carryOut(planFor(device.installed, [wanted], shelf, 2), shelf, NEVER));
}

for (const [what, swap] of Object.entries(SWAPS))
  for (const [how, script] of Object.entries({ upgrade: "true\n", undo: "exit 1\n" }))
    sweepTest(`${what}, swapped in by a user at any moment of an ${how}, costs root nothing`, { skip }, () =>
      sweep(swap, shelf.add("app", tree("2\n"), { postinst: script }, rest), `${what} ${how}`),
    );
