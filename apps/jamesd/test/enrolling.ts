import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeDeviceAuthority, makeSigningRequest, type PemPair } from "@jamesd/pki";
import { memoryFolder } from "@jamesd/testkit";
import type { Logger } from "pino";
import type { Config } from "../src/config.ts";
import type { Deadlines } from "../src/http/deadlines.ts";
import { type Answer, jsonOf, TestServer } from "./http-server.ts";

/** A server where devices can join, and who plays devices that do. */
export class Enrolling implements AsyncDisposable {
  readonly server: TestServer;
  /** Of the authority for devices; these files may be written anew. */
  readonly files: { readonly cert: string; readonly key: string };
  readonly #dir: string;

  private constructor(server: TestServer, dir: string, files: Enrolling["files"]) {
    this.server = server;
    this.#dir = dir;
    this.files = files;
  }

  static async start(
    changed: Partial<Config> & { readonly isOffline?: boolean } = {},
    deadlines: Partial<Deadlines> = {},
    log?: Logger,
  ): Promise<Enrolling> {
    const { isOffline = false, ...config } = changed;
    const dir = memoryFolder("jamesd-enroll-");
    const files = { cert: join(dir, "device-ca.crt"), key: join(dir, "device-ca.key") };
    writePair(files, await makeDeviceAuthority(Date.now()));
    const settings = {
      ...{ deviceCa: files.cert, enrollAddr: "127.0.0.1:0" },
      ...(isOffline ? {} : { deviceCaKey: files.key }),
      ...config,
    };
    return new Enrolling(await TestServer.start([], settings, deadlines, log), dir, files);
  }

  /** A request to where devices join, with no certificate unless one is given. */
  ask(method: string, path: string, body?: unknown, who: Partial<PemPair> = {}): Promise<Answer> {
    const bytes =
      body === undefined ? undefined : Buffer.from(Buffer.isBuffer(body) ? body : JSON.stringify(body));
    const headers = bytes && { "content-type": "application/json", "content-length": bytes.length };
    const { ca } = this.server.credentials("jamesd");
    const options = { method, path, headers, ca, cert: undefined, key: undefined, ...who };
    return this.server.open("device-1", { ...options, port: this.server.enrollPort, agent: false }, bytes);
  }

  /** Asks to join. */
  enroll(device: Device, token?: string): Promise<Answer> {
    const [id, secret] = token?.split(".") ?? [];
    return this.ask("POST", "/v1/enrollments", {
      request: device.request,
      ...(token !== undefined && { token: { id, secret } }),
    });
  }

  /** A request of the operator that must succeed. */
  async admin<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.server.send("admin", method, path, { body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.body.toString()}`);
    return jsonOf(answer) as T;
  }

  /** Makes a token. @returns what a device is told */
  async token(changed: object = {}): Promise<string> {
    const made = await this.admin("POST", "/v1/enroll-tokens", { forMs: 60_000, ...changed });
    return String(made.secret);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    rmSync(this.#dir, { recursive: true });
  }
}

/** Writes a certificate and its key. */
export function writePair(
  files: { readonly cert: string; readonly key: string },
  { cert, key }: PemPair,
): void {
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key, { mode: 0o600 });
}

/** Somebody with a key who wants to join under a name. */
export interface Device {
  readonly id: string;
  readonly key: string;
  readonly request: string;
}

/** @param privateKey one that it has already */
export function deviceCalled(id: string, privateKey: KeyObject = newKey()): Device {
  return {
    id,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    request: makeSigningRequest(id, privateKey),
  };
}

function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}
