import {
  advanced,
  type DocumentChange,
  documentName,
  isLive,
  type OpenedWave,
  parseRollout,
  type RolloutState,
  told,
} from "@jamesd/model";
import fc from "fast-check";
import type { NewRollout, Rollout } from "../src/repository/rollout-store.ts";
import { packetOf } from "./repository/repository.contract.ts";
import { ORIGIN, type Scene } from "./scene.ts";

export const IDS = ["a", "b", "c"] as const;
const MESSAGE = { ...ORIGIN, message: "" };

const app = fc.record({ name: fc.constantFrom("vpn", "web"), tags: fc.subarray(["v1", "v2"]) });
const content = fc.record({
  selector: fc.uniqueArray(fc.constantFrom("arm", "lab", "not:lab", "id:a"), { maxLength: 2 }),
  apps: fc.uniqueArray(app, { selector: ({ name }) => name }),
  policy: fc.constant({}),
});
const change = fc.record({
  key: fc.constantFrom(
    ...["s", "t"].map((id) => ({ kind: "spec" as const, id })),
    ...IDS.map((id) => ({ kind: "device" as const, id })),
  ),
  content: fc.option(content, { freq: 4 }),
});
const changes = fc.uniqueArray(change, { selector: ({ key }) => documentName(key), minLength: 1 });
const ids = fc.subarray([...IDS]);

/** What happens to a fleet with rollouts. */
export const op = fc.oneof(
  fc.record({
    op: fc.constant("report" as const),
    id: fc.constantFrom(...IDS),
    tags: fc.subarray(["arm", "lab"]),
  }),
  fc.record({ op: fc.constant("change" as const), changes }),
  fc.record({ op: fc.constant("rollout" as const), changes, ids }),
  fc.record({
    op: fc.constant("packet" as const),
    name: fc.constantFrom("vpn", "web"),
    tags: fc.subarray(["v1", "v2", "arm"]),
    ids: fc.option(ids, { freq: 2 }),
  }),
  fc.record({
    op: fc.constantFrom("open" as const, "finish" as const, "revert" as const, "pause" as const),
    which: fc.nat(),
    ids,
  }),
);
export type Op = typeof op extends fc.Arbitrary<infer O> ? O : never;

/** A wave that was opened for these. */
export function waveOf(ids: readonly string[], all: readonly string[] = IDS): OpenedWave {
  const later = all.filter((id) => !ids.includes(id));
  return { wave: { tag: "x" }, ids: [...ids].sort(), later, share: 0 };
}

/** A rollout as it begins, with its first wave open for these. */
export function rolloutOf(ids: readonly string[], more: Partial<NewRollout> = {}): NewRollout {
  const settings = parseRollout({ waves: ["tag:x", "tag:y", "tag:z"] });
  return { settings, seed: 1, wave: waveOf(ids), supersedes: [], ...more };
}

/** Does it by the repository alone: memory has to follow. */
export async function take(scene: Scene, one: Op): Promise<void> {
  const { repository } = scene;
  if (one.op === "report") return void (await scene.report(one.id, [], undefined, one.tags));
  const counting = await repository.rollouts.counting();
  const live = counting.filter(({ state }) => isLive(state));
  if (one.op === "change") return changeAll(scene, one.changes, live);
  if ("which" in one) {
    const rollout = live[one.which % Math.max(1, live.length)];
    if (rollout) await goOn(scene, rollout, one.op, one.ids);
  } else if (live.length === 4 || counting.length === 8) return;
  else if (one.op === "packet") {
    const rollout = one.ids ? { ...rolloutOf(one.ids), message: "" } : undefined;
    await repository.packets.add(packetOf(one.name, one.tags), ORIGIN, undefined, rollout);
  } else {
    const documents = one.changes.map(toChange);
    const supersedes = live.filter((each) => spreads(each, documents)).map(({ revision }) => revision);
    const rollout = rolloutOf(one.ids, { supersedes });
    await repository.documents.commit(documents, MESSAGE, undefined, { rollout });
  }
}

type Changes = Extract<Op, { op: "change" }>["changes"];

function toChange({ key, content }: Changes[number]): DocumentChange {
  return { ...key, content: content && key.kind === "device" ? { ...content, selector: [] } : content };
}

function spreads({ documents }: Rollout, changes: readonly DocumentChange[]): boolean {
  const names = new Set(documents.map(documentName));
  return changes.some((change) => names.has(documentName(change)));
}

/** A change for all; of what a rollout spreads there is none. */
async function changeAll({ repository }: Scene, changes: Changes, live: readonly Rollout[]): Promise<void> {
  const documents = changes.map(toChange);
  if (!live.some((each) => spreads(each, documents))) await repository.documents.commit(documents, MESSAGE);
}

async function goOn(
  scene: Scene,
  rollout: Rollout,
  what: "open" | "finish" | "revert" | "pause",
  ids: readonly string[],
): Promise<void> {
  const { repository } = scene;
  const { revision, step, state, waves, packet } = rollout;
  const go = (state: RolloutState, opens?: readonly OpenedWave[]): Promise<void> =>
    repository.rollouts.step(revision, step, { state, opens }, MESSAGE);
  if (what === "finish") return go(advanced(state, { kind: "finish" }, 1));
  if (what === "pause") return go(pausedOr(state));
  if (what === "open") {
    const free = ids.filter((id) => !waves.some((wave) => wave.ids.includes(id)));
    if (waves.length < 3)
      await go(told(state, { kind: "promote", wave: waves.length + 1 }, 3, 1), [waveOf(free, [])]);
    return;
  }
  const ends = [{ revision, step, state: told(state, { kind: "revert" }, 3, 1) }];
  if (packet) await repository.packets.remove(packet, ORIGIN, undefined, { message: "", ends });
  else await repository.documents.commit(await stableOf(scene, rollout), MESSAGE, undefined, { ends });
}

/** A rollout that pauses, or goes on. */
function pausedOr(state: RolloutState): RolloutState {
  const isPaused = state.status === "paused";
  return told(state, isPaused ? { kind: "resume", isBreached: false } : { kind: "pause" }, 3, 1);
}

async function stableOf({ repository }: Scene, { documents }: Rollout): Promise<readonly DocumentChange[]> {
  const changes: DocumentChange[] = [];
  for (const { kind, id, stable } of documents) {
    const before = stable === 0 ? undefined : await repository.documents.get({ kind, id }, stable);
    changes.push({ kind, id, content: before?.content ?? null, isRepeated: true });
  }
  return changes;
}
