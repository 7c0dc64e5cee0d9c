import { setImmediate as turn } from "node:timers/promises";
import {
  type Digest,
  type InstalledApp,
  JamesError,
  type OwnedPaths,
  ownedPaths,
  type Packet,
  type PathConflict,
  unsharablePath,
} from "@jamesd/model";
import type { PacketCache } from "../packet-cache.ts";
import type { Target } from "./resolver.ts";

/** So many verdicts, and so many pairs of packets, are remembered; then it begins anew. */
const MAX_KNOWN = 100_000;

/** What is known of the paths of a set of packets: PATH_CONFLICT, null when there is none, undefined when nobody has looked yet. */
export interface PathVerdict {
  problem: JamesError | null | undefined;
}

/** One packet is in nobody's way. */
const NO_CONFLICT: PathVerdict = { problem: null };

/** Whether packets of one target own the same path: of each two packets that is looked at once, for they never change. */
export class PathChecks {
  readonly #verdicts = new Map<Digest, PathVerdict>();
  /** The path that two packets cannot share, by both digests; null when there is none. */
  readonly #pairs = new Map<string, string | null>();
  readonly #owned = new WeakMap<Packet, OwnedPaths>();
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
    if (this.#verdicts.size >= MAX_KNOWN) this.#verdicts.clear();
    const verdict = { problem: undefined };
    this.#verdicts.set(digest, verdict);
    return verdict;
  }

  /** PATH_CONFLICT, naming both apps and the path, or null. @throws JamesError STORE_CORRUPT */
  async check({ apps, digest, paths }: Target): Promise<JamesError | null> {
    if (paths.problem !== undefined) return paths.problem;
    const running = this.#running.get(digest) ?? this.#look(apps, digest);
    this.#running.set(digest, running);
    paths.problem = await running;
    return paths.problem;
  }

  async #look(apps: readonly InstalledApp[], digest: Digest): Promise<JamesError | null> {
    try {
      const conflict = await this.#firstConflict(apps);
      return conflict ? pathConflict(conflict) : null;
    } finally {
      this.#running.delete(digest);
    }
  }

  async #firstConflict(apps: readonly InstalledApp[]): Promise<PathConflict | undefined> {
    let first: PathConflict | undefined;
    for (const [i, one] of apps.entries())
      for (const other of apps.slice(i + 1)) {
        const key = one.digest < other.digest ? one.digest + other.digest : other.digest + one.digest;
        const known = this.#pairs.get(key);
        const path = known === undefined ? await this.#compare(key, one, other) : known;
        if (path !== null && (!first || path < first.path)) first = { path, apps: [one.name, other.name] };
      }
    return first;
  }

  async #compare(key: string, one: InstalledApp, other: InstalledApp): Promise<string | null> {
    const path = unsharablePath(await this.#pathsOf(one), await this.#pathsOf(other)) ?? null;
    if (this.#pairs.size >= MAX_KNOWN) this.#pairs.clear();
    this.#pairs.set(key, path);
    await turn();
    return path;
  }

  async #pathsOf({ name, digest }: InstalledApp): Promise<OwnedPaths> {
    const packet = await this.#packets.get(digest);
    if (!packet)
      throw new JamesError(
        "STORE_CORRUPT",
        `packet ${digest} of ${name} is in the catalogue and not in the repository`,
      );
    const owned = this.#owned.get(packet) ?? ownedPaths(packet.manifest);
    this.#owned.set(packet, owned);
    return owned;
  }
}

function pathConflict({ apps, path }: PathConflict): JamesError {
  return new JamesError("PATH_CONFLICT", `${apps.join(" and ")} both contain /${path}`, {
    hint: "A path has one owner: leave one of the apps out, or upload one of the packets without it.",
  });
}
