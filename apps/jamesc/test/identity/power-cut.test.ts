import "../transaction/faults/calls.ts";
import assert from "node:assert/strict";
import { IS_WHOLE, pick, requireTool, skipUnless, sweepTest } from "@jamesd/testkit";
import { chooseIdentity } from "../../src/identity/choose.ts";
import type { Mounted } from "../transaction/faults/disks.ts";
import { Life } from "../transaction/faults/life.ts";
import { ModelDisks } from "../transaction/faults/model-disks.ts";
import { isSync } from "../transaction/faults/plan.ts";
import { Fleet } from "./fleet.ts";
import { live } from "./live.ts";

const skip = requireTool("mount") || skipUnless(process.getuid?.() === 0, "needs root to mount");

/** A moment at which the power was cut: what the disk held then, and what the server knew. */
interface Cut {
  readonly name: string;
  readonly where: string;
  readonly known: Fleet["known"];
}

/** What the disk does by itself: nothing; or it writes everything at once, so that a cut is no more than a kill. */
const SCHEDULES = ["lazy", "at once"] as const;

for (const schedule of SCHEDULES)
  sweepTest(
    `${schedule}: cut at any call of a renewal, a device has an identity that counts`,
    { skip },
    async (t) => {
      await using fleet = await Fleet.create();
      using disks = new ModelDisks();
      disks.copy("empty", "start");
      const start = disks.mount("start");
      await fleet.equip(stateOf(start), -9, 1);
      disks.unmount(start);

      const cuts = await cutAll(fleet, disks, schedule);
      t.diagnostic(`${cuts.length} cuts`);
      assert.ok(cuts.length > 10, "it is cut at all");
      const places = new Set<string>();
      for (const cut of pick(schedule, cuts, 12)) places.add(await look(fleet, disks, cut));
      if (IS_WHOLE) assert.ok(places.has("next"), "also what was issued and not seen yet was used");
    },
  );

/** A renewal, cut at every call that changes the disk. */
async function cutAll(
  fleet: Fleet,
  disks: ModelDisks,
  schedule: (typeof SCHEDULES)[number],
): Promise<readonly Cut[]> {
  const cuts: Cut[] = [];
  disks.copy("start", "run");
  const mounted = disks.mount("run");
  const cut = (where: string): void => {
    const name = `cut${cuts.length}`;
    disks.copy("run", name);
    cuts.push({ name, where, known: fleet.known });
  };
  const life = new Life((point) => {
    disks.look();
    if (schedule === "at once") disks.writeOut(mounted, "state");
    cut(`before ${point.call} ${point.site()}`);
    if (isSync(point.call)) disks.synced(point.fd);
    return "go on";
  });
  assert.deepEqual(await life.run(() => live(fleet, stateOf(mounted), 2)), ["next", "saved"]);
  cut("the end");
  disks.unmount(mounted);
  return cuts;
}

/** The power comes back. @returns which identity was used first */
async function look(fleet: Fleet, disks: ModelDisks, { name, where, known }: Cut): Promise<string> {
  fleet.known = known;
  const mounted = disks.mount(name);
  try {
    const { identity } = chooseIdentity({ stateDir: stateOf(mounted), paths: NOWHERE });
    const became = await live(fleet, stateOf(mounted), 3);
    assert.equal(became.at(-1), "saved", `${where}: ${became.join()}`);
    assert.deepEqual(fleet.clones, [], where);
    const states = [...fleet.known.values()].map(({ state }) => state).sort();
    assert.deepEqual(
      states,
      ["current", "replaced"],
      `${where}: one counts, and nothing was asked for twice`,
    );
    return identity.place;
  } finally {
    disks.unmount(mounted);
  }
}

const NOWHERE = { ca: "/nowhere", cert: "/nowhere", key: "/nowhere" };

function stateOf({ state }: Mounted): string {
  return `${state}/jamesc`;
}
