import type { Digest, FileEntry, Packet } from "@jamesd/model";
import type { RootFs } from "../disk/root-fs.ts";
import type { KeptConffile } from "../journal/device-state.ts";
import { contentAt } from "./content.ts";
import type { AppPacket } from "./ownership.ts";

/** What becomes of a configuration file: the packet's version is installed, or not, or put beside it. */
export type ConffileAction = "install" | "keep" | "beside";

/** What is known of one: what its packet had, what stands there, what the new packet has. */
export interface ConffileContents {
  /** Undefined when no packet had it. */
  readonly recorded: Digest | undefined;
  /** Undefined when there is nothing; "other" when it is no regular file. */
  readonly current: Digest | "other" | undefined;
  readonly next: Digest;
}

/**
 * dpkg's table (deb-conffiles(5), dpkg --force-confold): an unedited one is replaced, an edited or deleted one is kept;
 * the packet's version is put beside it when it is news.
 */
export function conffileAction({ recorded, current, next }: ConffileContents): ConffileAction {
  if (recorded === undefined) return "install";
  if (recorded === next || current === next) return "keep";
  return current === recorded ? "install" : "beside";
}

/** What a plan does with configuration files. */
export interface Conffiles {
  /** Paths that are neither set aside nor put in place. */
  readonly staying: ReadonlySet<string>;
  /** Of the staying ones, those whose new version goes beside. */
  readonly beside: ReadonlySet<string>;
  /** Paths whose content must still be this when they are set aside: an edit in between is not lost. */
  readonly unedited: ReadonlyMap<string, Digest>;
  /** Those that no packet has any more and that stay because they were edited. */
  readonly kept: readonly KeptConffile[];
}

/** Decides what becomes of each configuration file. The device is only looked at. */
export function decideConffiles(
  leaving: readonly AppPacket[],
  coming: readonly AppPacket[],
  kept: readonly KeptConffile[],
  root: RootFs,
): Conffiles {
  const decision = new Decision(kept, root);
  const comingPaths = new Set(coming.flatMap(({ packet }) => packet.conffiles));
  for (const { packet } of leaving) decision.leave(packet, comingPaths);
  for (const { packet } of coming) decision.come(packet);
  return decision;
}

/**
 * One that is longer than this, and than what packets have there, is edited without a look at its content: its owner can
 * make one of terabytes that takes no room.
 */
const MOST_BYTES = 64 * 1024 * 1024;

class Decision implements Conffiles {
  readonly staying = new Set<string>();
  readonly beside = new Set<string>();
  readonly unedited = new Map<string, Digest>();
  readonly #root: RootFs;
  readonly #recorded = new Map<string, Digest>();
  /** Of what leaving packets have. */
  readonly #sizes = new Map<string, number>();
  readonly #kept = new Map<string, KeptConffile>();

  constructor(kept: readonly KeptConffile[], root: RootFs) {
    this.#root = root;
    for (const conffile of kept) {
      // One that somebody deleted after its packet had gone is as good as new.
      if (root.lstat(conffile.path) === undefined) continue;
      this.#kept.set(conffile.path, conffile);
      this.#recorded.set(conffile.path, conffile.digest);
    }
  }

  get kept(): readonly KeptConffile[] {
    return [...this.#kept.values()];
  }

  leave(packet: Packet, comingPaths: ReadonlySet<string>): void {
    // Also what was no configuration file yet: it may be one in the new packet.
    if (comingPaths.size > 0)
      for (const { path, digest, size } of files(packet))
        if (comingPaths.has(path)) {
          this.#recorded.set(path, digest);
          this.#sizes.set(path, size);
        }
    for (const { path, digest, size } of conffilesOf(packet)) {
      if (comingPaths.has(path)) continue;
      const current = this.#currentAt(path, size);
      if (current === undefined) continue;
      if (current === digest) this.unedited.set(path, digest);
      else {
        this.staying.add(path);
        this.#kept.set(path, { path, digest });
      }
    }
  }

  come(packet: Packet): void {
    for (const { path, digest: next, size } of conffilesOf(packet)) {
      const recorded = this.#recorded.get(path);
      const current = this.#currentAt(path, Math.max(size, this.#sizes.get(path) ?? 0));
      const action = conffileAction({ recorded, current, next });
      if (action !== "install") this.staying.add(path);
      else if (recorded !== undefined) this.unedited.set(path, recorded);
      if (action === "beside") this.beside.add(path);
    }
    if (this.#kept.size > 0) for (const { path } of packet.manifest) this.#kept.delete(path);
  }

  #currentAt(path: string, size: number): Digest | "other" | undefined {
    const there = this.#root.lstat(path);
    if (there === undefined) return undefined;
    return contentAt(path, this.#root, Math.max(size, MOST_BYTES)) ?? "other";
  }
}

function files(packet: Packet): readonly FileEntry[] {
  return packet.manifest.filter((entry) => entry.type === "file");
}

function conffilesOf(packet: Packet): readonly FileEntry[] {
  if (packet.conffiles.length === 0) return [];
  const paths = new Set(packet.conffiles);
  return files(packet).filter(({ path }) => paths.has(path));
}
