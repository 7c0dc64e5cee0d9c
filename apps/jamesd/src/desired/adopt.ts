import type { DocumentChange, ErrorBody, Policy } from "@jamesd/model";
import type { Keep } from "../device/device-record.ts";
import { haltOf, isPossible, type KnownDevice } from "../fleet/device.ts";
import { unknownDevice } from "../fleet/devices.ts";
import type { ChangingFleet } from "../fleet/fleet.ts";
import type { Origin } from "../repository/origin.ts";
import type { Repository } from "../repository/repository.ts";
import type { RevisionRequest } from "../repository/revision-store.ts";
import type { Rollout } from "../repository/rollout-store.ts";
import type { AtOnceChoice } from "./at-once.ts";
import { type Changes, mixturesOf, type Proposal, targetAfter } from "./changes.ts";
import { ending } from "./live-rollouts.ts";
import { impossible } from "./outlook.ts";
import { mixtureProblem } from "./refuse.ts";

/** So many devices, and so many that are refused, are named in an answer. */
const SOME = 10;
const MOST_REFUSED = 100;
/** A device may say what it likes: numbers are not jumped over by more than any fleet makes between two backups. */
const FARTHEST_JUMP = 1_000_000;

/** What is to become of devices that are halted. */
export interface AdoptRequest extends AtOnceChoice {
  /** These devices; left out, all that are halted. */
  readonly ids?: readonly string[] | undefined;
  readonly keep: Keep;
  /** Only say what would happen. */
  readonly dryRun: boolean;
  readonly message: string;
}

/** A device that cannot be given what it has: it stays as it is. */
export interface Refusal {
  readonly id: string;
  readonly problem: ErrorBody;
}

/** What became of them. */
export interface Adopted {
  /** The newest of the fleet. */
  readonly revision: number;
  /** How many it is decided for. */
  readonly devices: number;
  /** How many of these are connected. */
  readonly connected: number;
  /** Some of them. */
  readonly ids: readonly string[];
  readonly refused: readonly Refusal[];
  /** Refusals that are left out. */
  readonly more: number;
}

/** A device with what is to be written of it; nothing, when nobody wants anything for it. */
interface Choice {
  readonly device: KnownDevice;
  readonly change: DocumentChange | undefined;
}

/** A proposal, with the number that its revision is to be above, and the rollouts that it puts an end to. */
interface Adopting extends Proposal {
  readonly above: number;
  readonly ends: readonly Rollout[];
}

/** Carries out what operators decide for devices that do not go by the history of this server. */
export class Adoption {
  readonly #fleet: ChangingFleet;
  readonly #repository: Repository;
  readonly #changes: Changes;

  constructor(changes: Changes) {
    this.#fleet = changes.fleet;
    this.#repository = changes.repository;
    this.#changes = changes;
  }

  /**
   * Takes what devices have as their desired states, or has them get what this server wants, in one revision whose number is
   * above what they followed. A device that could not have what it has is refused and stays as it is; one for which there is
   * nothing to decide is left out, and without any there is no revision. A kill in between leaves devices halted that are decided for already. @throws JamesError DEVICE_UNKNOWN, SCOPE_EXCEEDED, ROLLOUT_ACTIVE, TOO_MANY_AT_ONCE
   */
  async adopt({ ids, keep, dryRun, message, now }: AdoptRequest, origin: Origin): Promise<Adopted> {
    return this.#changes.take(async (judgedAt) => {
      const named = ids ? await this.#known(ids) : await this.#halted();
      for (const { id } of named) this.#fleet.scopes.device(origin, id);
      const devices = named.filter((device) => isToDecide(device, keep));
      const choices = keep === "device" ? await this.#asTheyAre(devices) : this.#asWanted(devices);
      const judged = await this.#propose(choices, origin, now);
      const refused = keep === "device" ? await this.#refused(choices, judged) : [];
      const isRefused = new Set(refused.map(({ id }) => id));
      const chosen = choices.filter(({ device }) => !isRefused.has(device.id));
      await this.#changes.permit(judged.changes, origin);
      const made = refused.length === 0 ? judged : await this.#propose(chosen, origin, now);
      if (!dryRun)
        this.#changes.atOnce.check(chosen.filter((choice) => isGiven(choice, made)).length, { now });
      const request = { ...origin, message: message || defaultMessage(keep) };
      const revision = dryRun
        ? await this.#repository.revisions.newest()
        : await this.#make(chosen, made, keep, request, judgedAt);
      return {
        revision,
        devices: chosen.length,
        connected: chosen.filter(({ device }) => this.#fleet.presence.isConnected(device.id)).length,
        ids: chosen.slice(0, SOME).map(({ device }) => device.id),
        refused: refused.slice(0, MOST_REFUSED),
        more: Math.max(0, refused.length - MOST_REFUSED),
      };
    });
  }

  async #known(ids: readonly string[]): Promise<readonly KnownDevice[]> {
    const { devices } = this.#fleet;
    for (const id of ids) if (!devices.isKnown(id)) throw unknownDevice(id);
    return devices.getAll(ids);
  }

  async #halted(): Promise<readonly KnownDevice[]> {
    const halted: KnownDevice[] = [];
    for await (const batch of this.#fleet.devices.loaded(({ isHalted }) => isHalted))
      halted.push(...batch.filter((device) => haltOf(device)));
    return halted;
  }

  /** What a device has is its own desired state from now on, but for what specs want for it in just that way. */
  async #asTheyAre(devices: readonly KnownDevice[]): Promise<readonly Choice[]> {
    const withoutOwn = devices.map(({ id }) => changeOf(id, null));
    const bySpecs = await this.#changes.propose(withoutOwn);
    return devices.map((device) => {
      const target = targetAfter(bySpecs, device);
      const given = new Map(target?.apps.map(({ name, digest }) => [name, digest]));
      const apps = device.record.state.apps
        .filter(({ name, digest }) => given.get(name) !== digest)
        .map(({ name, tags }) => ({ name, tags }));
      const own = device.own?.content;
      const policy: Policy = own?.policy ?? {};
      const isAllGiven = apps.length === 0 && !own && target !== undefined;
      return { device, change: changeOf(device.id, isAllGiven ? null : { selector: [], apps, policy }) };
    });
  }

  /** What this server wants for a device, said once more. */
  #asWanted(devices: readonly KnownDevice[]): readonly Choice[] {
    return devices.map((device) => {
      const own = device.own?.content;
      const content = own ? { selector: [], apps: own.apps, policy: own.policy } : null;
      return { device, change: device.target && changeOf(device.id, content) };
    });
  }

  /** What comes of choices, in a revision above all that their devices followed. */
  async #propose(choices: readonly Choice[], origin: Origin, now = false): Promise<Adopting> {
    const newest = await this.#repository.revisions.newest();
    const said = choices.map(({ device }) => device.record.standing.halt?.revision ?? 0);
    const above = said.reduce(
      (most, revision) => Math.max(most, Math.min(revision, newest + FARTHEST_JUMP)),
      0,
    );
    const changes = choices.flatMap(({ change }) => (change ? [change] : []));
    const ends = await this.#changes.taking(changes, origin, { now });
    return { ...(await this.#changes.propose(changes, { above, ends })), above, ends };
  }

  async #refused(choices: readonly Choice[], proposal: Proposal): Promise<readonly Refusal[]> {
    const { targets } = this.#fleet;
    const refused: Refusal[] = [];
    for (const { device } of choices) {
      const target = targetAfter(proposal, device);
      const problem =
        (target && (await impossible(device, target, this.#fleet))) ??
        (await mixtureProblem(device.id, mixturesOf(device, proposal, targets), targets.paths));
      if (problem) refused.push({ id: device.id, problem: problem.toBody() });
    }
    return refused;
  }

  async #make(
    choices: readonly Choice[],
    made: Adopting,
    keep: Keep,
    request: RevisionRequest,
    judgedAt: number,
  ): Promise<number> {
    await this.#repository.revisions.skip(made.above);
    const { revision } = await this.#changes.commit(made, request, judgedAt, { ends: made.ends.map(ending) });
    const ids = choices.map(({ device }) => device.id);
    await this.#fleet.commands.release(ids, keep, request);
    return revision;
  }
}

/** True of a device that is halted, and where what devices have is wanted, of any that has something else than it should. */
function isToDecide(device: KnownDevice, keep: Keep): boolean {
  if (haltOf(device)) return true;
  return keep === "device" && !(isPossible(device) && device.target?.digest === device.appsDigest);
}

/** True of a device that has something else than it is to have. */
function isGiven({ device }: Choice, made: Proposal): boolean {
  const target = targetAfter(made, device);
  return target !== undefined && target.digest !== device.appsDigest;
}

// Also when it says the same: the device's number has to rise above what it followed.
function changeOf(id: string, content: DocumentChange["content"]): DocumentChange {
  return { kind: "device", id, content, isRepeated: true };
}

function defaultMessage(keep: Keep): string {
  return keep === "device" ? "Adopt what the devices have" : "Have the devices get what the server wants";
}
