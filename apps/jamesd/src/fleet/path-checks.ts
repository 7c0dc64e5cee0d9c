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

/** Whether two packets of one target own the same path, looked at once for each target. */
export class PathChecks {
  readonly #known = new Map<Digest, JamesError | null>();
  readonly #running = new Map<Digest, Promise<JamesError | null>>();
  readonly #repository: Repository;

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** What is known already: PATH_CONFLICT, null when there is none, undefined when nobody has looked yet. */
  known({ digest, apps }: Target): JamesError | null | undefined {
    return apps.length < 2 ? null : this.#known.get(digest);
  }

  /** PATH_CONFLICT, naming both apps and the path, or null. @throws JamesError STORE_CORRUPT */
  async check(target: Target): Promise<JamesError | null> {
    const known = this.known(target);
    if (known !== undefined) return known;
    const running = this.#running.get(target.digest) ?? this.#look(target);
    this.#running.set(target.digest, running);
    return running;
  }

  async #look({ apps, digest }: Target): Promise<JamesError | null> {
    try {
      const found = await findConflict(apps, this.#repository);
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(digest, found);
      return found;
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
