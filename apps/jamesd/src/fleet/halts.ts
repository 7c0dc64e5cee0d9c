import type { DeviceState, Digest, Halt, InstalledApp } from "@jamesd/model";
import { NEW_STANDING, type Standing } from "../device/device-record.ts";
import { digestOfApps } from "../device/digest-of-apps.ts";
import type { Followed, Report } from "../device/report.ts";
import type { RevisionStore } from "../repository/revision-store.ts";
import { type Device, haltOf } from "./device.ts";
import { Seals } from "./seals.ts";

/** What a report says, with the state that it is about. */
export interface Reported extends Pick<Report, "followed" | "transaction"> {
  readonly state: DeviceState;
  /** appsDigest of its apps. */
  readonly appsDigest: Digest;
  /** The apps of the plan that it was sent before. */
  readonly sent: readonly InstalledApp[] | undefined;
  /** appsDigest of what it should have, being what it says it is; worked out when it is asked for. */
  readonly wanted: () => Digest | undefined;
}

type Source = Pick<RevisionStore, "get" | "newest" | "skip">;

/**
 * Sees whether a device goes by the history of this server. It does not when the server lost its data or went back to an
 * older backup, or when the device comes from another server: what this server wants, or does not want, was then said
 * without knowing of it, and an operator has to decide.
 */
export class Halts {
  readonly seals: Seals;
  readonly #revisions: Source;

  constructor(revisions: Source, historyKey: Uint8Array) {
    this.seals = new Seals(historyKey);
    this.#revisions = revisions;
  }

  /** How a device stands after a report. Numbers that this history once had are not given again. */
  async judge(device: Device, report: Reported): Promise<Standing> {
    const before = device.record?.standing ?? NEW_STANDING;
    // Undefined: of an earlier agent, or one that cannot read its own state.
    const followed = report.followed ?? null;
    const isAccepted = followed !== null && isSame(followed, before.accepted);
    const halt = isAccepted ? null : await this.#halt(device, before, followed, report);
    return { ...before, followed: followed ?? before.followed, halt };
  }

  async #halt(
    device: Device,
    before: Standing,
    followed: Followed | null,
    report: Reported,
  ): Promise<Halt | null> {
    if (followed?.seal !== undefined) return this.#bySeal(followed, report.state);
    const newest = await this.#revisions.newest();
    const revision = Math.max(followed?.revision ?? 0, report.transaction?.revision ?? 0);
    if (revision > newest) return { reason: "ahead", revision, newest };
    // Who has nothing loses nothing.
    if (report.state.apps.length === 0) return null;
    if (before.halt && haltOf(device)) return before.halt;
    return isExplained(device, report) ? null : { reason: "unexplained", revision, newest };
  }

  async #bySeal(followed: Followed, { apps }: DeviceState): Promise<Halt | null> {
    const { revision } = followed;
    const newest = await this.#revisions.newest();
    const time = this.seals.timeOf(followed);
    if (time === undefined) return apps.length === 0 ? null : { reason: "foreign", revision, newest };
    if ((await this.#revisions.get(revision))?.time === time) return null;
    await this.#revisions.skip(revision);
    return { reason: "ahead", revision, newest };
  }
}

function isSame(followed: Followed, accepted: Followed | null): boolean {
  return followed.revision === accepted?.revision && followed.seal === accepted.seal;
}

/** True when what this server knows of a device explains the apps that it has now. */
function isExplained({ record, appsDigest: known, target }: Device, report: Reported): boolean {
  const { transaction, sent, appsDigest: digest, wanted } = report;
  const explained: (Digest | undefined)[] = [known, target?.digest, sent && digestOfApps(sent)];
  if (record && transaction?.outcome === "committed") explained.push(transaction.target);
  return explained.includes(digest) || wanted() === digest;
}
