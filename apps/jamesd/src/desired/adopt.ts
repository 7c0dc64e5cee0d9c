import type { DocumentChange, ErrorBody, Policy } from "@jamesd/model";
import type { Keep } from "../device/device-record.ts";
import { haltOf, type KnownDevice, resolvable } from "../fleet/device.ts";
import type { ChangingFleet } from "../fleet/fleet.ts";
import type { Origin } from "../repository/origin.ts";
import type { Repository } from "../repository/repository.ts";
import { judgedAgain } from "../running/judged-again.ts";
import { CHANGE, type Turns } from "../running/turns.ts";
import { impossible } from "./outlook.ts";

/** So many devices, and so many that are refused, are named in an answer. */
const SOME = 10;
const MOST_REFUSED = 100;
/** A device may say what it likes: numbers are not jumped over by more than any fleet makes between two backups. */
const FARTHEST_JUMP = 1_000_000;
/** The number that the revision will have, as far as can be told. */
const NEXT = Number.MAX_SAFE_INTEGER;

/** What is to become of devices that are halted. */
export interface AdoptRequest {
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

/** Carries out what operators decide for devices that do not go by the history of this server. */
export class Adoption {
  readonly #fleet: ChangingFleet;
  readonly #repository: Repository;
  readonly #turns: Turns;

  /** @param turns as those of `Desired` */
  constructor(fleet: ChangingFleet, repository: Repository, turns: Turns) {
    this.#fleet = fleet;
    this.#repository = repository;
    this.#turns = turns;
  }

  /**
   * Takes what devices have as their desired states, or has them get what this server wants, in one revision whose number is
   * above what they followed. A device that could not have what it has is refused and stays as it is; a kill in between
   * leaves devices halted that are decided for already. @throws JamesError DEVICE_UNKNOWN
   */
  async adopt({ ids, keep, dryRun, message }: AdoptRequest, origin: Origin): Promise<Adopted> {
    const adopt = async (judgedAt: number): Promise<Adopted> => {
      const devices = ids ? ids.map((id) => this.#fleet.devices.known(id)) : this.#halted();
      const choices = keep === "device" ? this.#asTheyAre(devices) : this.#asWanted(devices);
      const refused = keep === "device" ? await this.#refused(choices) : [];
      const isRefused = new Set(refused.map(({ id }) => id));
      const chosen = choices.filter(({ device }) => !isRefused.has(device.id));
      const revision = dryRun
        ? await this.#repository.revisions.newest()
        : await this.#make(chosen, keep, { ...origin, message: message || defaultMessage(keep) }, judgedAt);
      return {
        revision,
        devices: chosen.length,
        connected: chosen.filter(({ device }) => this.#fleet.presence.isConnected(device.id)).length,
        ids: chosen.slice(0, SOME).map(({ device }) => device.id),
        refused: refused.slice(0, MOST_REFUSED),
        more: Math.max(0, refused.length - MOST_REFUSED),
      };
    };
    return this.#turns.take(CHANGE, () => judgedAgain(this.#fleet.follower, adopt));
  }

  #halted(): readonly KnownDevice[] {
    return [...this.#fleet.devices.allKnown()].filter((device) => haltOf(device));
  }

  /** What a device has is its own desired state from now on, but for what specs want for it in just that way. */
  #asTheyAre(devices: readonly KnownDevice[]): readonly Choice[] {
    const { documents } = this.#fleet.targets;
    const withoutOwn = devices.map(({ id }) => ({
      kind: "device" as const,
      id,
      revision: NEXT,
      content: null,
    }));
    const bySpecs = this.#fleet.targets.by(documents.with(withoutOwn));
    return devices.map((device) => {
      const target = bySpecs.target(resolvable(device));
      const given = new Map(target?.apps.map(({ name, digest }) => [name, digest]));
      const apps = device.record.state.apps
        .filter(({ name, digest }) => given.get(name) !== digest)
        .map(({ name, tags }) => ({ name, tags }));
      const own = documents.own(device.id);
      const policy: Policy = own?.policy ?? {};
      const isAllGiven = apps.length === 0 && !own && target !== undefined;
      return { device, change: changeOf(device.id, isAllGiven ? null : { selector: [], apps, policy }) };
    });
  }

  /** What this server wants for a device, said once more. */
  #asWanted(devices: readonly KnownDevice[]): readonly Choice[] {
    return devices
      .filter((device) => haltOf(device))
      .map((device) => {
        const own = this.#fleet.targets.documents.own(device.id);
        const content = own ? { selector: [], apps: own.apps, policy: own.policy } : null;
        return { device, change: device.target && changeOf(device.id, content) };
      });
  }

  async #refused(choices: readonly Choice[]): Promise<readonly Refusal[]> {
    const changes = choices.flatMap(({ change }) => (change ? [{ ...change, revision: NEXT }] : []));
    const resolver = this.#fleet.targets.by(this.#fleet.targets.documents.with(changes));
    const refused: Refusal[] = [];
    for (const { device } of choices) {
      const target = resolver.target(resolvable(device));
      const problem = target && (await impossible(device, target, this.#fleet));
      if (problem) refused.push({ id: device.id, problem: problem.toBody() });
    }
    return refused;
  }

  async #make(
    choices: readonly Choice[],
    keep: Keep,
    request: Origin & { readonly message: string },
    judgedAt: number,
  ): Promise<number> {
    const said = choices.map(({ device }) => device.record.standing.halt?.revision ?? 0);
    const newest = await this.#repository.revisions.newest();
    await this.#repository.revisions.skip(
      said.reduce((most, revision) => Math.max(most, Math.min(revision, newest + FARTHEST_JUMP)), 0),
    );
    const changes = choices.flatMap(({ change }) => (change ? [change] : []));
    const { revision } = await this.#repository.documents.commit(changes, request, judgedAt);
    await this.#fleet.follower.follow();
    const ids = choices.map(({ device }) => device.id);
    await this.#fleet.commands.release(ids, keep, request);
    return revision;
  }
}

// Also when it says the same: the device's number has to rise above what it followed.
function changeOf(id: string, content: DocumentChange["content"]): DocumentChange {
  return { kind: "device", id, content, isRepeated: true };
}

function defaultMessage(keep: Keep): string {
  return keep === "device" ? "Adopt what the devices have" : "Have the devices get what the server wants";
}
