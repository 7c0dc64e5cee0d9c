import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_LIMITS } from "@jamesd/archive/safe-path";
import { denseText, joinPair, makeDelta } from "@jamesd/delta";
import {
  appsDigest,
  type BundledBlob,
  bundleOf,
  type Content,
  type Digest,
  deltaContents,
  type Entry,
  type InstalledApp,
  JamesError,
  makePacket,
  makePlan,
  type Packet,
  packetText,
  type ScriptName,
  scriptNames,
  sha256,
} from "@jamesd/model";
import type { PlanMessage } from "@jamesd/protocol/device";
import type { Held } from "../../src/transaction/fetch/compressed-part.ts";
import {
  AT_ONCE,
  alwaysGo,
  type BlobContent,
  Device,
  type OwnProgram,
  type Remote,
  type TransactionEvent,
  type TransactionOptions,
} from "../../src/transaction/index.ts";

type FileSpec = string | { text: string; mode: number; capability?: string };

/** A tree as a test writes it: a text is a file, `{ link }` a link, `{ sameAs }` a hard link, `{ dir }` a directory with that mode. */
export type Tree = Readonly<
  Record<string, FileSpec | { link: string } | { sameAs: string } | { dir: number }>
>;

/** Packets and their blobs: everything a device may ask for. */
export class Shelf implements Remote {
  readonly packets = new Map<Digest, Packet>();
  readonly blobs = new Map<Digest, Buffer>();
  /** Which bundles were asked for, and how many blobs of each. */
  readonly bundles: [Digest, number][] = [];
  /** Digests in the order in which they were asked for, with the offset. */
  readonly asked: [Digest, number][] = [];
  /** Packets in the order in which their manifests were asked for. */
  readonly manifests: Digest[] = [];
  /** True: it makes deltas. */
  hasDeltas = false;
  /** True: it makes whole bundles. */
  hasWholeBundles = false;
  /** How often the server was looked for to confirm a transaction. */
  reaches = 0;
  /** False: it is not there. */
  isReachable = true;

  /** Puts a packet on the shelf. */
  add(
    name: string,
    tree: Tree,
    scripts: { readonly [script in ScriptName]?: string } = {},
    rest: Partial<Pick<Packet, "conffiles" | "volatile" | "policy" | "setid" | "agent">> = {},
  ): Packet {
    const manifest = Object.entries(tree).map(([path, spec]): Entry => {
      const base = { path, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
      if (typeof spec === "object" && "sameAs" in spec)
        return { ...base, ...this.#file(tree[spec.sameAs] as FileSpec), sameAs: spec.sameAs };
      if (typeof spec === "string" || "text" in spec) return { ...base, ...this.#file(spec) };
      if ("link" in spec) return { ...base, type: "symlink", target: spec.link };
      return { ...base, type: "directory", mode: spec.dir };
    });
    const refs = Object.entries(scripts).map(([script, text]) => [script, this.#blob(text)]);
    const packet = makePacket({ name, tags: [], scripts: Object.fromEntries(refs), manifest, ...rest });
    this.packets.set(packet.digest, packet);
    return packet;
  }

  async packet(digest: Digest): Promise<Packet> {
    this.manifests.push(digest);
    const packet = this.packets.get(digest);
    if (!packet) throw new Error(`no packet ${digest}`);
    return packet;
  }

  async delta(base: Digest, target: Digest): Promise<Content | undefined> {
    const [old, next] = [this.packets.get(base), this.packets.get(target)];
    if (!this.hasDeltas || !old || !next) return undefined;
    const contents = deltaContents(old, next);
    const image = (of: readonly Content[]) =>
      Buffer.concat(of.map(({ digest }) => this.blobs.get(digest) as Buffer));
    const texts = makeDelta(denseText(packetText(old)), denseText(packetText(next)));
    const delta = Buffer.from(joinPair(texts, makeDelta(image(contents.base), image(contents.target))));
    const stored = { digest: sha256(delta), size: delta.length };
    this.blobs.set(stored.digest, delta);
    return stored;
  }

  async blob(digest: Digest, offset: number): Promise<AsyncIterable<Uint8Array>> {
    this.asked.push([digest, offset]);
    const content = this.blobs.get(digest);
    if (!content) throw new Error(`no blob ${digest}`);
    return (async function* () {
      yield content.subarray(offset);
    })();
  }

  async compressedBlob(digest: Digest, _held: Held): Promise<BlobContent> {
    return { coding: undefined, content: await this.blob(digest, 0) };
  }

  async wholeBundle(packet: Digest): Promise<Content | undefined> {
    const manifest = this.packets.get(packet)?.manifest;
    if (!this.hasWholeBundles || !manifest) return undefined;
    const whole = Buffer.concat(bundleOf(manifest).map(({ digest }) => this.blobs.get(digest) as Buffer));
    const stored = { digest: sha256(whole), size: whole.length };
    this.blobs.set(stored.digest, whole);
    return stored;
  }

  async bundle(packet: Digest, run: readonly BundledBlob[]): Promise<AsyncIterable<Uint8Array>> {
    this.bundles.push([packet, run.length]);
    const contents = run.map(({ digest }) => this.blobs.get(digest) as Buffer);
    return (async function* () {
      yield Buffer.concat(contents);
    })();
  }

  async reach(): Promise<void> {
    this.reaches += 1;
    if (!this.isReachable) throw new JamesError("SERVER_UNREACHABLE", "nobody answers");
  }

  #file(spec: FileSpec) {
    const { text, ...rights } = typeof spec === "string" ? { text: spec, mode: 0o644 } : spec;
    return { type: "file" as const, ...rights, ...this.#blob(text) };
  }

  #blob(text: string): { digest: Digest; size: number } {
    const content = Buffer.from(text);
    const digest = sha256(content);
    this.blobs.set(digest, content);
    return { digest, size: content.length };
  }
}

/** What a device under test is like, unless told otherwise. */
export const DEVICE_OPTIONS = {
  deviceId: "device-1",
  systemTags: ["a"],
  scriptTimeoutMs: 20_000,
  healthcheckTimeoutMs: 20_000,
  limits: DEFAULT_LIMITS,
  go: alwaysGo,
  log: () => undefined,
} as const;

/** A folder with an install root and a state directory. */
export class Bench implements Disposable {
  readonly dir: string;
  readonly root: string;
  readonly state: string;
  readonly events: TransactionEvent[] = [];

  /** @param dir is removed with it */
  constructor(dir = mkdtempSync(join(tmpdir(), "jamesc-test-"))) {
    this.dir = dir;
    this.root = join(dir, "root");
    this.state = join(dir, "state");
    mkdirSync(this.root);
  }

  open(options: Partial<TransactionOptions> = {}): Promise<Device> {
    return Device.open({
      ...DEVICE_OPTIONS,
      installRoot: this.root,
      stateDir: this.state,
      log: (event) => this.events.push(event),
      ...options,
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The plan that the server would send for these packets. */
export function planFor(
  installed: readonly InstalledApp[],
  wanted: readonly Packet[],
  shelf: Shelf,
  revision = 1,
  rest: Partial<Pick<PlanMessage, "policy" | "retry">> = {},
): PlanMessage {
  const apps = wanted.map(({ name, digest }) => ({ name, tags: [], digest }));
  return { ...planOf(installed, apps, shelf), revision, ...rest };
}

/** The plan that leads to these apps. */
export function planOf(
  installed: readonly InstalledApp[],
  apps: PlanMessage["apps"],
  shelf: Shelf,
): PlanMessage {
  const { steps } = makePlan(installed, apps, (digest) => {
    const packet = shelf.packets.get(digest);
    return packet && scriptNames(packet.scripts);
  });
  return { target: appsDigest(apps), revision: 1, steps: [...steps], apps, policy: {} };
}

/** What the server sends when an app that is installed is to be installed again. */
export function reinstallOf(
  installed: readonly InstalledApp[],
  app: string,
  shelf: Shelf,
  revision: number,
): PlanMessage {
  const apps = installed.map(({ tags, ...rest }) => ({ ...rest, tags: [...tags] }));
  const scriptsOf = (digest: Digest) => scriptNames(shelf.packets.get(digest)?.scripts ?? {});
  const { steps } = makePlan(apps, apps, scriptsOf, app);
  const plan = { target: appsDigest(apps), revision, steps: [...steps], apps, policy: {} };
  return { ...plan, reinstall: { id: "wish", app } };
}

/** What the server sends when what is installed is to be put right. */
export function repairOf(installed: readonly InstalledApp[], rest: Partial<PlanMessage> = {}): PlanMessage {
  const apps = installed.map(({ tags, ...app }) => ({ ...app, tags: [...tags] }));
  const plan = { target: appsDigest(apps), revision: 1, steps: [], apps };
  return { ...plan, policy: { drift: "repair" }, repair: true, ...rest };
}

/** Looks at everything as fast as it can; contents as well, or only where something was touched. @returns paths with how they differ */
export async function driftOf(
  device: Device,
  contents: "all contents" | "what was touched",
): Promise<object> {
  const fullAfterMs = contents === "all contents" ? 0 : Number.POSITIVE_INFINITY;
  assert.ok(await device.lookForDrift(AT_ONCE, fullAfterMs, NEVER));
  const { paths = [], count } = device.drift ?? {};
  assert.equal(paths.length, count);
  return Object.fromEntries(paths.map(({ path, kinds }) => [path, kinds.join()]));
}

/** Never aborts. */
export const NEVER = new AbortController().signal;

/** An agent whose program is this script of a shell. */
export function ownProgram(file: string): Omit<OwnProgram, "start"> {
  return {
    command: ["/bin/sh", file, "--flag"],
    files: [file],
    prove: () => Promise.resolve(),
    replaced: () => undefined,
  };
}
