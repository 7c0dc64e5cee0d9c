import {
  type Digest,
  findPathConflict,
  type InstalledApp,
  JamesError,
  type OwnedManifest,
} from "@jamesd/model";
import type { Repository } from "../repository/repository.ts";
import type { Target } from "./resolver.ts";

/** So many are remembered; then it begins anew. */
const MAX_KNOWN = 100_000;

/** What is known of the paths of a set of packets: PATH_CONFLICT, null when there is none, undefined when nobody has looked yet. */
export interface PathVerdict {
  problem: JamesError | null | undefined;
}

/** One packet is in nobody's way. */
const NO_CONFLICT: PathVerdict = { problem: null };

/** Whether two packets of one target own the same path, looked at once for each target. */
export class PathChecks {
  readonly #verdicts = new Map<Digest, PathVerdict>();
  readonly #running = new Map<Digest, Promise<JamesError | null>>();
  readonly #repository: Repository;

  constructor(repository: Repository) {
    this.#repository = repository;
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
      return await findConflict(apps, this.#repository);
    } finally {
      this.#running.delete(digest);
    }
  }
}

async function findConflict(
  apps: readonly InstalledApp[],
  repository: Repository,
): Promise<JamesError | null> {
  const manifests = await Promise.all(apps.map((app) => ownedManifest(app, repository)));
  const conflict = findPathConflict(manifests);
  if (!conflict) return null;
  return new JamesError("PATH_CONFLICT", `${conflict.apps.join(" and ")} both contain /${conflict.path}`, {
    hint: "A path has one owner: leave one of the apps out, or upload one of the packets without it.",
  });
}

async function ownedManifest({ name, digest }: InstalledApp, repository: Repository): Promise<OwnedManifest> {
  const packet = await repository.packet(digest);
  if (packet) return { app: name, manifest: packet.manifest };
  throw new JamesError(
    "STORE_CORRUPT",
    `packet ${digest} of ${name} is in the catalogue and not in the repository`,
  );
}
