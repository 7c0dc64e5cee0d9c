import { findPathConflict, type InstalledApp, JamesError, type OwnedManifest } from "@jamesd/model";
import type { Repository } from "../repository/repository.ts";

/** Sees that no two of these packets own the same path. @throws JamesError PATH_CONFLICT, naming both and the path */
export async function checkPaths(apps: readonly InstalledApp[], repository: Repository): Promise<void> {
  const manifests = await Promise.all(apps.map((app) => ownedManifest(app, repository)));
  const conflict = findPathConflict(manifests);
  if (conflict)
    throw new JamesError("PATH_CONFLICT", `${conflict.apps.join(" and ")} both contain /${conflict.path}`, {
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
