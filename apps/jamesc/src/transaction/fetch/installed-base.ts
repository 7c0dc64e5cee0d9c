import { closeSync, fstatSync, openSync } from "node:fs";
import type { DeltaBase } from "@jamesd/delta/device";
import { type Content, contentSize, type Digest, JamesError, type Packet } from "@jamesd/model";
import { scriptFile } from "../disk/layout.ts";
import { readFully, UNTRUSTED_READ } from "../disk/untrusted-read.ts";
import type { Fetching } from "./remote.ts";

interface Segment extends Content {
  readonly start: number;
}

/** Contents of an installed packet, one after another, as the base of a delta. */
export function installedBase(
  { manifest }: Packet,
  contents: readonly Content[],
  { layout, root }: Pick<Fetching, "layout" | "root">,
): InstalledBase {
  const needed = new Set(contents.map(({ digest }) => digest));
  const paths = new Map<Digest, string>();
  for (const entry of manifest)
    if (entry.type === "file" && needed.has(entry.digest)) paths.set(entry.digest, entry.path);
  return new InstalledBase(contents, ({ digest }) => {
    const path = paths.get(digest);
    return path === undefined ? scriptFile(layout, digest) : root.at(path);
  });
}

class InstalledBase implements DeltaBase {
  readonly size: number;
  readonly #segments: readonly Segment[];
  readonly #pathOf: (content: Content) => string;
  #open: { readonly segment: Segment; readonly fd: number } | undefined;

  /** @param pathOf gives a path that is good for one call */
  constructor(contents: readonly Content[], pathOf: (content: Content) => string) {
    let start = 0;
    this.#segments = contents.map((content) => {
      const segment = { ...content, start };
      start += content.size;
      return segment;
    });
    this.size = contentSize(contents);
    this.#pathOf = pathOf;
  }

  read(position: number, into: Uint8Array): void {
    for (let done = 0; done < into.length; ) {
      const { segment, fd } = this.#at(position + done);
      const from = position + done - segment.start;
      const part = into.subarray(done, done + segment.size - from);
      if (!readFully(fd, part, from)) throw changed(segment);
      done += part.length;
    }
  }

  close(): void {
    if (this.#open) closeSync(this.#open.fd);
    this.#open = undefined;
  }

  #at(position: number): { readonly segment: Segment; readonly fd: number } {
    const { segment } = this.#open ?? {};
    if (this.#open && segment && segment.start <= position && position < segment.start + segment.size)
      return this.#open;
    this.close();
    const found = this.#find(position);
    const fd = openSync(this.#pathOf(found), UNTRUSTED_READ);
    this.#open = { segment: found, fd };
    const stats = fstatSync(fd);
    if (!stats.isFile() || stats.size !== found.size) throw changed(found);
    return this.#open;
  }

  #find(position: number): Segment {
    let [low, high] = [0, this.#segments.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#segments[middle] as Segment).start <= position) low = middle;
      else high = middle - 1;
    }
    return this.#segments[low] as Segment;
  }
}

function changed({ digest }: Content): JamesError {
  return new JamesError("DIGEST_MISMATCH", `the installed content ${digest} was changed on this device`);
}
