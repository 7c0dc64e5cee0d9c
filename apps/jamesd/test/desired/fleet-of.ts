import type { App, GivenRollout } from "@jamesd/model";
import type { Applied, GivenDocument } from "../../src/desired/change.ts";
import type { RolloutChoice } from "../../src/desired/rollout-choice.ts";
import { resolvable } from "../../src/fleet/device.ts";
import type { Rollout } from "../../src/repository/rollout-store.ts";
import { ORIGIN, Scene, V1, V2 } from "../scene.ts";

/** The third version of the app of a scene. */
export const V3: App = { name: "vpn", tags: ["v3"] };
export const WEB: App = { name: "web", tags: [] };
/** So early that no clock of a scene is before it. */
const DAY_MS = 86_400_000;

/** A fleet with three versions of vpn and with web, and devices of which the first half has `lab` among their tags. */
export async function fleetOf(devices: number, tagsOf = tagsByHalf): Promise<Scene> {
  const scene = await Scene.open();
  for (const app of [V1, V2, V3, WEB]) await scene.upload(app.name, app.tags);
  for (let i = 0; i < devices; i += 1) await scene.report(idOf(i), [], undefined, tagsOf(i, devices));
  return scene;
}

function tagsByHalf(i: number, devices: number): readonly string[] {
  return i < devices / 2 ? ["arm", "lab"] : ["arm"];
}

/** The id of one of its devices. */
export function idOf(i: number): string {
  return `d${String(i).padStart(3, "0")}`;
}

/** A spec as it is written. */
export function spec(
  id: string,
  apps: readonly App[],
  { selector = ["arm"], rollout }: { selector?: readonly string[]; rollout?: GivenRollout } = {},
): GivenDocument {
  return { kind: "spec", id, selector, apps, policy: {}, ...(rollout && { rollout }) };
}

/** What a device should have of its own, as it is written. */
export function own(id: string, apps: readonly App[]): GivenDocument {
  return { kind: "device", id, apps, policy: {} };
}

const APPLY = { remove: [], prune: false, dryRun: false, message: "" };

/** Applies documents. */
export function apply(
  { desired }: Scene,
  documents: readonly GivenDocument[],
  rollout?: RolloutChoice,
  more: Partial<Parameters<typeof desired.apply>[0]> = {},
): Promise<Applied> {
  return desired.apply({ ...APPLY, documents, rollout, ...more }, { ...ORIGIN, time: DAY_MS });
}

/** Waves that begin with devices of a tag. */
export const LAB: RolloutChoice = { plan: { waves: ["tag:lab"] } };

/** The apps that each device should have, by its own view. */
export async function wanted({ fleet }: Scene): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for await (const batch of fleet.devices.sketches())
    for (const { id, target } of batch) found.set(id, appsText(target?.apps));
  return found;
}

/** The apps that one of them should have without a rollout, and with it. */
export async function beside({ fleet }: Scene, id: string, revision: number): Promise<readonly string[]> {
  const device = await fleet.devices.known(id);
  const { without, next } = fleet.targets.current.beside(resolvable(device), revision);
  return [appsText(without?.apps), appsText(next?.apps)];
}

function appsText(apps: readonly App[] = []): string {
  return apps.map(({ name, tags }) => [name, ...tags].join(" ")).join(", ");
}

/** How many devices should have what. */
export async function tally(scene: Scene): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const apps of (await wanted(scene)).values()) counts[apps] = (counts[apps] ?? 0) + 1;
  return counts;
}

/** A rollout that there is. */
export async function rolloutOf({ repository }: Scene, revision: number): Promise<Rollout> {
  const rollout = await repository.rollouts.get(revision);
  if (!rollout) throw new Error(`there is no rollout ${revision}`);
  return rollout;
}

/** Takes a rollout back, as the job does that has them go on. */
export async function revert(scene: Scene, revision: number): Promise<void> {
  const { step, state, documents } = await rolloutOf(scene, revision);
  const changes = [];
  for (const { kind, id, stable } of documents) {
    const before = stable === 0 ? undefined : await scene.repository.documents.get({ kind, id }, stable);
    changes.push({ kind, id, content: before?.content ?? null, isRepeated: true as const });
  }
  const ends = [{ revision, step, state: { ...state, status: "reverted" as const } }];
  await scene.repository.documents.commit(changes, { ...ORIGIN, message: "" }, undefined, { ends });
  await scene.fleet.follower.follow();
}

export { V1, V2 };
