import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  appsDigest,
  type Digest,
  type Entry,
  type InstalledApp,
  makePacket,
  makePlan,
  type Packet,
  type ScriptName,
  scriptNames,
  sha256,
} from "@jamesd/model";
import type { PlanMessage } from "@jamesd/protocol";
import { Device, type Remote, type TransactionEvent } from "../../src/transaction/index.ts";

/** A tree as a test writes it: a text is a file, `{ link }` a link, `{ dir }` a directory with that mode. */
export type Tree = Readonly<
  Record<string, string | { link: string } | { dir: number } | { text: string; mode: number }>
>;

/** Packets and their blobs: everything a device may ask for. */
export class Shelf implements Remote {
  readonly packets = new Map<Digest, Packet>();
  readonly blobs = new Map<Digest, Buffer>();
  /** Digests in the order in which they were asked for, with the offset. */
  readonly asked: [Digest, number][] = [];

  /** Puts a packet on the shelf. */
  add(name: string, tree: Tree, scripts: { readonly [script in ScriptName]?: string } = {}): Packet {
    const manifest = Object.entries(tree).map(([path, spec]): Entry => {
      const base = { path, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
      if (typeof spec === "string") return { ...base, type: "file", mode: 0o644, ...this.#blob(spec) };
      if ("link" in spec) return { ...base, type: "symlink", target: spec.link };
      if ("dir" in spec) return { ...base, type: "directory", mode: spec.dir };
      return { ...base, type: "file", mode: spec.mode, ...this.#blob(spec.text) };
    });
    const refs = Object.entries(scripts).map(([script, text]) => [script, this.#blob(text)]);
    const packet = makePacket({ name, tags: [], scripts: Object.fromEntries(refs), manifest });
    this.packets.set(packet.digest, packet);
    return packet;
  }

  async packet(digest: Digest): Promise<Packet> {
    const packet = this.packets.get(digest);
    if (!packet) throw new Error(`no packet ${digest}`);
    return packet;
  }

  async blob(digest: Digest, offset: number): Promise<AsyncIterable<Uint8Array>> {
    this.asked.push([digest, offset]);
    const content = this.blobs.get(digest);
    if (!content) throw new Error(`no blob ${digest}`);
    return (async function* () {
      yield content.subarray(offset);
    })();
  }

  #blob(text: string): { digest: Digest; size: number } {
    const content = Buffer.from(text);
    const digest = sha256(content);
    this.blobs.set(digest, content);
    return { digest, size: content.length };
  }
}

/** A folder with an install root and a state directory. */
export class Bench implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), "jamesc-test-"));
  readonly root = join(this.dir, "root");
  readonly state = join(this.dir, "state");
  readonly events: TransactionEvent[] = [];

  constructor() {
    mkdirSync(this.root);
  }

  open(scriptTimeoutMs = 20_000): Promise<Device> {
    return Device.open({
      installRoot: this.root,
      stateDir: this.state,
      deviceId: "device-1",
      systemTags: ["a"],
      scriptTimeoutMs,
      log: (event) => this.events.push(event),
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
): PlanMessage {
  const apps = wanted.map(({ name, digest }) => ({ name, tags: [], digest }));
  const { steps } = makePlan(installed, apps, (digest) => {
    const packet = shelf.packets.get(digest);
    return packet && scriptNames(packet.scripts);
  });
  return { target: appsDigest(apps), revision, steps: [...steps], apps };
}

/** Never aborts. */
export const NEVER = new AbortController().signal;
