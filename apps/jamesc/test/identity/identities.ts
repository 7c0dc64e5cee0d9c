import { createPrivateKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Authority,
  issueForRequest,
  makeAuthority,
  makeDeviceAuthority,
  makeSigningRequest,
  openAuthority,
  readSigningRequest,
} from "@jamesd/pki";
import { newKey, type SavedIdentity } from "../../src/identity/saved-identity.ts";

export const HOUR = 3_600_000;

/** A folder with the files of a device, and the authorities that issue for it. */
export class Identities implements AsyncDisposable {
  readonly stateDir = mkdtempSync(join(tmpdir(), "jamesc-identity-"));
  readonly now: number;
  readonly #devices: Authority;
  readonly #ca: string;

  private constructor(now: number, devices: Authority, ca: string) {
    this.now = now;
    this.#devices = devices;
    this.#ca = ca;
  }

  static async create(now = Date.now()): Promise<Identities> {
    const devices = await openAuthority(await makeDeviceAuthority(now));
    return new Identities(now, devices, (await makeAuthority(now)).cert);
  }

  /** Where `--cert`, `--key` and `--ca` are. */
  get paths() {
    return { ca: this.path("ca.crt"), cert: this.path("device.crt"), key: this.path("device.key") };
  }

  path(name: string): string {
    return join(this.stateDir, name);
  }

  /** An identity whose certificate starts so many hours after now, and is good for ten. */
  async issue(device: string, startsIn: number): Promise<SavedIdentity> {
    const key = newKey();
    const request = readSigningRequest(makeSigningRequest(device, createPrivateKey(key)));
    const starts = this.now + startsIn * HOUR;
    const certificate = await issueForRequest(this.#devices, request, { starts, ends: starts + 10 * HOUR });
    return { certificate, key, authorities: this.#ca };
  }

  /** Puts one where people put it. */
  async putFiles(device: string, startsIn: number): Promise<void> {
    const { certificate, key, authorities } = await this.issue(device, startsIn);
    writeFileSync(this.paths.cert, certificate);
    writeFileSync(this.paths.key, key, { mode: 0o600 });
    writeFileSync(this.paths.ca, authorities);
  }

  /** Puts one where the agent keeps what was issued. */
  async putSaved(device: string, startsIn: number): Promise<void> {
    this.write("identity.json", await this.issue(device, startsIn));
  }

  async putNext(device: string, startsIn: number): Promise<void> {
    this.write("identity-next.json", { name: device, ...(await this.issue(device, startsIn)) });
  }

  write(name: string, value: object): void {
    writeFileSync(this.path(name), JSON.stringify({ format: 1, ...value }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.stateDir, { recursive: true, force: true });
  }
}
