import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Authority, issueCertificate, type PemPair } from "@jamesd/pki";
import type { Credentials } from "./connection.ts";

/** So many certificates are made at once: their keys come from the threads of the crypto library. */
const AT_ONCE = 8;

/** Which certificates are wanted. */
export interface Wanted {
  readonly authority: Authority;
  readonly ids: readonly string[];
  /** A file in which they are kept for the next time; undefined: in none. */
  readonly cache: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What a cache says: certificates by the id of their device, of one authority. */
interface Cached {
  readonly authority: string;
  readonly devices: Readonly<Record<string, PemPair>>;
}

/** A certificate with a key of its own for each device, by its id; those that were made before are taken from the cache. */
export async function identitiesOf(wanted: Wanted): Promise<ReadonlyMap<string, Credentials>> {
  const { authority, ids, cache, now } = wanted;
  const { serialNumber } = authority.certificate;
  const cached = cache === undefined ? undefined : readCache(cache);
  const known = cached?.authority === serialNumber ? cached.devices : {};
  const devices = new Map(Object.entries(known));
  const left = ids.filter((id) => !devices.has(id)).values();
  const work = async (): Promise<void> => {
    for (const name of left)
      devices.set(name, await issueCertificate(authority, { kind: "device", name }, now));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (cache !== undefined && devices.size > Object.keys(known).length)
    writeCache(cache, { authority: serialNumber, devices: Object.fromEntries(devices) });
  return new Map(ids.flatMap((id) => (devices.has(id) ? [[id, devices.get(id) as Credentials]] : [])));
}

function readCache(file: string): Cached | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Cached;
  } catch {
    return undefined;
  }
}

function writeCache(file: string, cached: Cached): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(cached), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
