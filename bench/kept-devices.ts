import { cpSync, readFileSync } from "node:fs";
import { openAuthority } from "@jamesd/pki";
import { identitiesOf } from "@jamesd/simulation";
import { cached, keep, Sandbox } from "@jamesd/testkit";

/** Certificates and keys of devices, by their ids. */
export type Identities = Awaited<ReturnType<typeof identitiesOf>>;

/** A sandbox whose authority is the same each time: thousands of certificates take longer to make than what is measured. */
export async function openSandbox(): Promise<Sandbox> {
  const sandbox = await Sandbox.create();
  const pki = await keep(cached("devices", "pki"), async (part) =>
    cpSync(sandbox.path("pki"), part, { recursive: true }),
  );
  cpSync(pki, sandbox.path("pki"), { recursive: true });
  return sandbox;
}

/** A certificate for each of so many devices, by the sandbox's own authority. */
export async function identitiesIn(sandbox: Sandbox, count: number): Promise<Identities> {
  const read = (name: string): string => readFileSync(sandbox.path("pki", name), "utf8");
  return identitiesOf({
    authority: await openAuthority({ cert: read("ca.crt"), key: read("ca.key") }),
    ids: Array.from({ length: count }, (_, i) => `device-${i + 1}`),
    cache: cached("devices", "devices.json"),
    now: Date.now(),
  });
}
