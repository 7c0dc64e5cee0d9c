import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeviceAuthority } from "../../apps/jamesd/src/enrollment/device-authority.ts";
import { EnrollTokens } from "../../apps/jamesd/src/enrollment/enroll-tokens.ts";
import { Joining } from "../../apps/jamesd/src/enrollment/joining.ts";
import { loadFleet } from "../../apps/jamesd/src/fleet/fleet.ts";
import { Catalogue } from "../../apps/jamesd/src/packets/catalogue.ts";
import type { Repository } from "../../apps/jamesd/src/repository/repository.ts";
import { openSqliteRepository } from "../../apps/jamesd/src/sqlite/open.ts";
import { makeAuthority, makeDeviceAuthority, makeSigningRequest } from "../../packages/pki/src/index.ts";
import { readSigningRequest } from "../../packages/pki/src/signing-request.ts";
import type { Bench, Finding } from "../bench.ts";
import { median, spread } from "../statistics.ts";

const RUNS = 5;
const DEVICES = 200;
const DAY_MS = 86_400_000;
const FROM = { address: "10.0.0.1", place: "10.0.0.1" };

/** How many devices can join a second, beside what signing alone would allow. */
export const JOIN: Bench = { name: "join", run };

/** What devices join, in this process. */
interface Scene extends AsyncDisposable {
  readonly repository: Repository;
  readonly authority: DeviceAuthority;
  readonly joining: Joining;
  readonly token: { readonly id: string; readonly secret: string };
  /** The private key of the authority in PEM. */
  readonly key: string;
}

async function run(): Promise<Finding> {
  const [bare, issued, joined, together]: [Speed[], Speed[], Speed[], Speed[]] = [[], [], [], []];
  for (let i = 0; i < RUNS; i += 1) {
    await using scene = await openScene();
    bare.push(await speed(() => signBare(scene)));
    const [first, second, third] = [requests("issued"), requests("joined"), requests("together")];
    issued.push(await speed(() => issueAll(scene, first)));
    joined.push(await speed(() => joinAll(scene, second, 1)));
    together.push(await speed(() => joinAll(scene, third, 16)));
  }
  const limit = median(bare.map(({ cpu }) => cpu));
  const row = (what: string, speeds: readonly Speed[]): readonly string[] => {
    const cpu = speeds.map((one) => one.cpu);
    const rates = speeds.map(({ aSecond }) => aSecond);
    return [what, spread(rates, 0), spread(cpu, 0), (median(cpu) / limit).toFixed(1)];
  };
  return {
    summary: `${DEVICES} devices with keys of their own, medians of ${RUNS} runs (least to most) in one process; SQLite with synchronous=FULL`,
    columns: ["what", "a second", "CPU µs each", "CPU to signing"],
    rows: [
      row("signing 600 bytes with P-256, nothing else", bare),
      row("reading and verifying a request, making and signing its certificate", issued),
      row("joining by a token, durable, one after the other", joined),
      row("the same, 16 at once", together),
    ],
    notes: ["Without TLS: a handshake costs the server about as much as one more signature."],
  };
}

/** How fast something went for all devices. */
interface Speed {
  readonly aSecond: number;
  /** Processor time for each, in microseconds, of all threads. */
  readonly cpu: number;
}

async function speed(work: () => Promise<void>): Promise<Speed> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return {
    aSecond: (DEVICES * 1000) / (performance.now() - started),
    cpu: (user + system) / DEVICES,
  };
}

function requests(prefix: string): readonly string[] {
  return Array.from({ length: DEVICES }, (_, i) =>
    makeSigningRequest(`${prefix}-${i}`, generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey),
  );
}

async function signBare({ key }: Scene): Promise<void> {
  const privateKey = createPrivateKey(key);
  const bytes = Buffer.alloc(600, "x");
  for (let i = 0; i < DEVICES; i += 1) sign("sha256", bytes, privateKey);
}

async function issueAll({ authority }: Scene, all: readonly string[]): Promise<void> {
  for (const request of all) await authority.issue(readSigningRequest(request), Date.now());
}

async function joinAll({ joining, token }: Scene, all: readonly string[], atOnce: number): Promise<void> {
  const next = all.values();
  const work = async (): Promise<void> => {
    for (const request of next) {
      const { state } = await joining.ask({ request, token, ...FROM, time: Date.now() });
      if (state !== "issued") throw new Error("a device was not let in");
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function openScene(): Promise<Scene> {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-bench-join-"));
  const [ca, devices] = [await makeAuthority(Date.now()), await makeDeviceAuthority(Date.now())];
  const files = {
    ca: join(dir, "ca.crt"),
    cert: join(dir, "device-ca.crt"),
    key: join(dir, "device-ca.key"),
  };
  writeFileSync(files.ca, ca.cert);
  writeFileSync(files.cert, devices.cert);
  writeFileSync(files.key, devices.key, { mode: 0o600 });
  const authority = new DeviceAuthority({ ...files, lifetimeMs: 90 * DAY_MS });
  const repository = await openSqliteRepository(join(dir, "jamesd.db"));
  const catalogue = new Catalogue([]);
  const fleet = await loadFleet({ catalogue, repository, now: Date.now, warn: () => undefined });
  const tokens = new EnrollTokens(repository.enrollTokens, () => "0".repeat(64));
  const joining = new Joining({
    ...{ repository, tokens, authority, locks: fleet.locks, follower: fleet.follower },
    ...{ spendWaiting: () => undefined, spendSigning: () => undefined, random: Math.random },
  });
  const request = { forMs: DAY_MS, uses: 10 * DEVICES, device: null, prefix: null, tags: ["lab"] };
  const origin = { author: "admin", address: FROM.address, time: Date.now() };
  const { secret } = await tokens.make(request, origin);
  const [id = "", hidden = ""] = secret.split(".");
  return {
    ...{ repository, authority, joining, token: { id, secret: hidden }, key: devices.key },
    async [Symbol.asyncDispose]() {
      await fleet.close();
      await repository.close();
      rmSync(dir, { recursive: true });
    },
  };
}
