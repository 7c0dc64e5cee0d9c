import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, writeDurably } from "@jamesd/disk";
import type { CredentialPaths } from "@jamesd/pki/credentials";
import type { DeviceIdentity } from "../identity/device-identity.ts";

/**
 * Files with an identity's certificate, key and authorities, as openssl and curl want them: those that people have put
 * there, or copies of what a server has issued, which are written anew when they differ.
 */
export function pemFiles({ place, credentials }: DeviceIdentity, stateDir: string): CredentialPaths {
  if (place === "files") return credentials.paths;
  const folder = join(stateDir, "waiter");
  const paths = {
    ca: join(folder, "ca.crt"),
    cert: join(folder, "device.crt"),
    key: join(folder, "device.key"),
  };
  makeFolder(folder);
  for (const name of ["ca", "cert", "key"] as const) keep(paths[name], credentials[name]);
  return paths;
}

function keep(path: string, text: string): void {
  if (read(path) !== text) writeDurably(path, text);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
