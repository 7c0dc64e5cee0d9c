import { readFileSync } from "node:fs";
import { issueCertificate, openAuthority } from "@jamesd/pki";
import type { Sandbox } from "@jamesd/testkit";
import type { DeviceCredentials } from "./job.ts";

/** Issues a certificate for each of so many devices, by the sandbox's own authority. */
export async function issueDevices(sandbox: Sandbox, count: number): Promise<readonly DeviceCredentials[]> {
  const read = (name: string): string => readFileSync(sandbox.path("pki", name), "utf8");
  const authority = await openAuthority({ cert: read("ca.crt"), key: read("ca.key") });
  const now = Date.now();
  const devices: DeviceCredentials[] = [];
  for (let number = 1; number <= count; number++) {
    const id = `device-${number}`;
    devices.push({ id, ...(await issueCertificate(authority, { kind: "device", name: id }, now)) });
  }
  return devices;
}
