import { setImmediate as letOthersRun } from "node:timers/promises";
import {
  type Digest,
  type InstalledApp,
  JamesError,
  mergedPathsInSteps,
  type OwnedPaths,
  ownedPathsInSteps,
  type Packet,
  type PathConflict,
  type Steps,
  unsharablePathInSteps,
} from "@jamesd/model";
import { LRUCache } from "lru-cache";
import type { PacketCache } from "../packets/packet-cache.ts";
import { inSlices } from "../running/slices.ts";
import type { PathVerdict, Target } from "./target.ts";

/** So many verdicts, and so many pairs of packets, are remembered. */
const MAX_KNOWN = 100_000;
// With `max` its room would be taken at once.
const UP_TO_MAX_KNOWN = { maxSize: MAX_KNOWN, sizeCalculation: () => 1 } as const;

/** One packet is in nobody's way. */
const NO_CONFLICT: PathVerdict = { problem: null };

/** The path that two packets cannot share; one of them may have it under the other name that it has on a merged /usr. */
interface Shared {
  readonly path: string;
  readonly isMerged: boolean;
}

/** What a packet owns, by its own names and by those of a merged /usr. */
interface Owned {
  readonly named: OwnedPaths;
  readonly merged: OwnedPaths;
}

type Conflict = PathConflict & Shared;

/** Whether packets of one target own the same path: of each two packets that is looked at once, for they never change. */
export class PathChecks {
  readonly #verdicts = new LRUCache<Digest, PathVerdict>(UP_TO_MAX_KNOWN);
  /** What two packets cannot share, by both digests; false when there is nothing. */
  readonly #pairs = new LRUCache<string, Shared | false>(UP_TO_MAX_KNOWN);
  readonly #owned = new WeakMap<Packet, Owned>();
  readonly #running = new Map<Digest, Promise<JamesError | null>>();
  readonly #packets: PacketCache;

  constructor(packets: PacketCache) {
    this.#packets = packets;
  }

  /** What is known of packets, now and later: the same object for the same packets. `digest` is their appsDigest. */
  verdict(apps: readonly InstalledApp[], digest: Digest): PathVerdict {
    if (apps.length < 2) return NO_CONFLICT;
    const known = this.#verdicts.get(digest);
    if (known) return known;
    const verdict = { problem: undefined };
    this.#verdicts.set(digest, verdict);
    return verdict;
  }

  /** The same checks, which know a packet that is not in the repository yet. */
  with(coming: Packet): Pick<PathChecks, "check"> {
    return { check: (target) => this.check(target, coming) };
  }

  /** PATH_CONFLICT, naming both apps and the path, or null. @throws JamesError STORE_CORRUPT */
  async check({ apps, digest, paths }: Target, coming?: Packet): Promise<JamesError | null> {
    if (paths.problem !== undefined) return paths.problem;
    const running = this.#running.get(digest) ?? this.#look(apps, digest, coming);
    this.#running.set(digest, running);
    paths.problem = await running;
    return paths.problem;
  }

  async #look(
    apps: readonly InstalledApp[],
    digest: Digest,
    coming: Packet | undefined,
  ): Promise<JamesError | null> {
    try {
      const conflict = await this.#firstConflict(apps, coming);
      return conflict ? pathConflict(conflict) : null;
    } finally {
      this.#running.delete(digest);
    }
  }

  async #firstConflict(
    apps: readonly InstalledApp[],
    coming: Packet | undefined,
  ): Promise<Conflict | undefined> {
    let first: Conflict | undefined;
    for (const [i, one] of apps.entries())
      for (const other of apps.slice(i + 1)) {
        const key = one.digest < other.digest ? one.digest + other.digest : other.digest + one.digest;
        const shared = this.#pairs.get(key) ?? (await this.#compare(key, [one, other], coming));
        if (shared && (!first || shared.path < first.path))
          first = { ...shared, apps: [one.name, other.name] };
      }
    return first;
  }

  async #compare(
    key: string,
    [one, other]: readonly [InstalledApp, InstalledApp],
    coming: Packet | undefined,
  ): Promise<Shared | false> {
    const [mine, others] = [await this.#pathsOf(one, coming), await this.#pathsOf(other, coming)];
    const shared = await inSlices(sharedBy(mine, others));
    this.#pairs.set(key, shared);
    // Of short lists each is one slice.
    await letOthersRun();
    return shared;
  }

  async #pathsOf({ name, digest }: InstalledApp, coming: Packet | undefined): Promise<Owned> {
    const packet = digest === coming?.digest ? coming : await this.#packets.get(digest);
    if (!packet)
      throw new JamesError(
        "STORE_CORRUPT",
        `packet ${digest} of ${name} is in the catalogue and not in the repository`,
      );
    const owned = this.#owned.get(packet) ?? (await inSlices(ownedBy(packet)));
    this.#owned.set(packet, owned);
    return owned;
  }
}

function* ownedBy({ manifest }: Packet): Steps<Owned> {
  const named = yield* ownedPathsInSteps(manifest);
  return { named, merged: yield* mergedPathsInSteps(named) };
}

function* sharedBy(one: Owned, other: Owned): Steps<Shared | false> {
  const named = yield* unsharablePathInSteps(one.named, other.named);
  if (named !== undefined) return { path: named, isMerged: false };
  const path = yield* unsharablePathInSteps(one.merged, other.merged);
  return path === undefined ? false : { path, isMerged: true };
}

function pathConflict({ apps, path, isMerged }: Conflict): JamesError {
  const [, folder] = path.split("/");
  const where = isMerged ? ` on systems whose /${folder} is usr/${folder}` : "";
  return new JamesError("PATH_CONFLICT", `${apps.join(" and ")} both contain /${path}${where}`, {
    hint: "A path has one owner: leave one of the apps out, or upload one of the packets without it.",
  });
}
