import { cpSync, readFileSync } from "node:fs";
import { openAuthority } from "@jamesd/pki";
import { identitiesOf } from "@jamesd/simulation";
import { cached, keep, Sandbox } from "@jamesd/testkit";
import type { DeviceCredentials } from "./job.ts";

/** A sandbox whose authority is the same each time: thousands of certificates take longer to make than what is measured. */
export async function openSandbox(): Promise<Sandbox> {
  const sandbox = await Sandbox.create();
  const pki = await keep(cached("checkin", "pki"), async (part) =>
    cpSync(sandbox.path("pki"), part, { recursive: true }),
  );
  cpSync(pki, sandbox.path("pki"), { recursive: true });
  return sandbox;
}

/** A certificate for each of so many devices, by the sandbox's own authority. */
export async function devicesOf(sandbox: Sandbox, count: number): Promise<readonly DeviceCredentials[]> {
  const read = (name: string): string => readFileSync(sandbox.path("pki", name), "utf8");
  const identities = await identitiesOf({
    authority: await openAuthority({ cert: read("ca.crt"), key: read("ca.key") }),
    ids: Array.from({ length: count }, (_, i) => `device-${i + 1}`),
    cache: cached("checkin", "devices.json"),
    now: Date.now(),
  });
  return [...identities].map(([id, { cert, key }]) => ({ id, cert, key }));
}
