import type { Digest, DriftReport, InstalledApp } from "@jamesd/model";
import { MountTable } from "../disk/mounts.ts";
import { ownersHere } from "../disk/owners.ts";
import type { RootFs } from "../disk/root-fs.ts";
import type { PacketStore } from "../fetch/packet-store.ts";
import type { SavedState } from "../journal/device-state.ts";
import { Findings, reportOf } from "./findings.ts";
import { type HowToLook, lookAtPacket } from "./look-at-packet.ts";
import { ABSENT } from "./mark.ts";
import { type Budget, Pace } from "./pace.ts";

/** What is looked at. */
export interface Ground {
  readonly saved: Pick<SavedState, "apps" | "mounts" | "ownerless">;
  readonly packets: Pick<PacketStore, "peek">;
  readonly root: RootFs;
}

/** How everything is looked at. */
export interface HowToLookAtAll extends Omit<HowToLook, "root" | "pace" | "found"> {
  readonly budget: Budget;
}

/** What is known of the drift of a device: how its files differ from what the installed packets have. */
export class Drift {
  #findings: ReadonlyMap<Digest, Findings> = new Map();
  #checked: number | undefined;
  #looking: { readonly stop: AbortController; readonly ended: Promise<unknown> } | undefined;

  /** Looks at all installed packets, one after the other; a look that is under way ends. @returns false when it was stopped: then it is as if it had not looked */
  async look(ground: Ground, how: HowToLookAtAll, signal: AbortSignal): Promise<boolean> {
    const before = this.stop();
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const looking = before.then(() => this.#look(ground, { ...how, pace: new Pace(how.budget, either) }));
    this.#looking = { stop, ended: looking.catch(() => undefined) };
    try {
      await looking;
      return true;
    } catch (cause) {
      if (either.aborted) return false;
      throw cause;
    }
  }

  /** Ends the look that is under way, if there is one. */
  async stop(): Promise<void> {
    this.#looking?.stop.abort();
    await this.#looking?.ended;
  }

  async #look({ saved, packets, root }: Ground, how: Omit<HowToLook, "root" | "found">): Promise<void> {
    const mounts = new MountTable(root.path);
    const found = new Map<Digest, Findings>();
    try {
      for (const { name: app, digest } of saved.apps) {
        const away = (saved.mounts[app] ?? []).filter((point) => !mounts.has(point));
        const read = () => packets.peek(digest);
        const looked = { app, digest, read, here: ownersHere(saved.ownerless, app) };
        const findings =
          away.length > 0 ? unmounted(app, away) : await lookAtPacket(looked, { ...how, root });
        if (findings) found.set(digest, findings);
      }
    } finally {
      root.forget();
    }
    this.#findings = found;
    this.#checked = how.now();
  }

  /** What is known of these apps; undefined when nobody has looked yet. */
  report(apps: readonly InstalledApp[]): DriftReport | undefined {
    if (this.#checked === undefined) return undefined;
    const known = apps.flatMap(({ digest }) => this.#findings.get(digest) ?? []);
    return reportOf(known, this.#checked);
  }
}

// What is below a mount point that nothing is mounted on is not what the app has.
function unmounted(app: string, points: readonly string[]): Findings {
  const findings = new Findings(app, { full: null, policy: undefined });
  for (const point of points) findings.add({ path: point, mark: ABSENT, kinds: ["unmounted"] });
  return findings;
}
