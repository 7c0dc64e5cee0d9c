import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cached, keep, sh } from "@jamesd/testkit";

/** What is installed on test devices, and what single executables need. */
const WANTED = ["openvpn", "libstdc++6", "libatomic1"];

/**
 * Packages of Debian for an architecture (by Debian's name of it) and every package that they need, of this machine's
 * release: .deb files by the names of their packages, downloaded once.
 */
export async function debFiles(arch: string, wanted = WANTED): Promise<ReadonlyMap<string, string>> {
  const folder = await keep(cached("debian", `${wanted[0]}-${arch}`), async (part) =>
    download(arch, wanted, part),
  );
  const files = readdirSync(folder).filter((name) => name.endsWith(".deb"));
  return new Map(files.map((name) => [name.split("_", 1)[0] ?? "", join(folder, name)]));
}

/** The package lists are the test's own: the system's stay as they are. */
function download(arch: string, wanted: readonly string[], folder: string): void {
  const lists = `${folder}-lists`;
  for (const path of [lists, folder]) mkdirSync(join(path, "partial"), { recursive: true });
  const options = [
    `APT::Architecture=${arch}`,
    `APT::Architectures=${arch}`,
    `Dir::State::Lists=${lists}`,
    "Dir::State::Status=/dev/null",
    `Dir::Cache::Archives=${folder}`,
    "Dir::Cache::pkgcache=",
    "Dir::Cache::srcpkgcache=",
    "APT::Sandbox::User=root",
    "Debug::NoLocking=true",
    "Acquire::Languages=none",
    "Acquire::Retries=3",
  ].flatMap((option) => ["-o", option]);
  try {
    // One list that cannot be had, while a mirror is being renewed, is no failure: a missing package is.
    sh("sh", "-c", '"$@" || true', "sh", "apt-get", ...options, "-qq", "update");
    sh("apt-get", ...options, "-qqy", "--no-install-recommends", "--download-only", "install", ...wanted);
  } finally {
    sh("rm", "-r", lists);
  }
}

/** Links to absolute paths are made relative, so that they do not lead to this machine's libraries. */
const RELATIVE_LINKS = `cd "$1" && find . -type l -lname '/*' -exec sh -c 'ln -srfn ".$(readlink "$1")" "$1"' sh {} \\;`;

/** A folder with the libraries that openvpn and single executables of an architecture need. */
export function libraries(arch: string): Promise<string> {
  return keep(cached("debian", `libraries-${arch}`), async (folder) => {
    for (const [name, file] of await debFiles(arch))
      if (name !== "openvpn") sh("dpkg-deb", "-x", file, folder);
    sh("sh", "-c", RELATIVE_LINKS, "sh", folder);
  });
}
