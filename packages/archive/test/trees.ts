/** Random trees for property tests. */
import { type Entry, type Manifest, parentPaths, sha256, sortedManifest } from "@jamesd/model";
import fc from "fast-check";

export interface Tree {
  readonly manifest: Manifest;
  readonly blobs: ReadonlyMap<string, Buffer>;
}

const name = fc.oneof(
  fc.constantFrom(
    "usr",
    "bin",
    "etc",
    "a",
    "b",
    "c",
    "ä\u0308 ö",
    "back\\slash",
    "-rf",
    "日本",
    "y".repeat(90),
    "x".repeat(120),
  ),
  fc.stringMatching(/^[a-z0-9 ._+~-]{1,20}$/).filter((text) => text !== "." && text !== ".."),
);
const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
const id = fc.oneof(fc.constantFrom(0, 1000), fc.integer({ min: 0, max: 2 ** 32 - 2 }));
const content = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes)),
  fc.nat(200_000).map((length) => Buffer.alloc(length, "some text that repeats ")),
  fc.tuple(fc.integer({ min: 0, max: 600 }), fc.nat(255)).map(([length, byte]) => Buffer.alloc(length, byte)),
);

const node = fc.oneof(
  fc.record({ type: fc.constant("file" as const), mode: fc.nat(0o1777), content }),
  fc.record({ type: fc.constant("directory" as const), mode: fc.nat(0o7777) }),
  fc.record({
    type: fc.constant("symlink" as const),
    target: fc.oneof(
      path,
      path.map((text) => `/${text}`),
      fc.constant("y".repeat(300)),
    ),
  }),
);

/** Trees that a packet may have: every kind of entry, and nothing below a file or a link. */
export const trees: fc.Arbitrary<Tree> = fc
  .array(fc.tuple(path, id, id, node), { maxLength: 20 })
  .map((nodes) => {
    const blobs = new Map<string, Buffer>();
    const entries = new Map<string, Entry>();
    for (const [at, uid, gid, { ...rest }] of nodes) {
      if (!fits(entries, at)) continue;
      if (rest.type !== "file") entries.set(at, { path: at, uid, gid, ...rest });
      else {
        const digest = sha256(rest.content);
        blobs.set(digest, rest.content);
        entries.set(at, {
          type: "file",
          path: at,
          uid,
          gid,
          mode: rest.mode,
          size: rest.content.length,
          digest,
        });
      }
    }
    return { manifest: sortedManifest([...entries.values()]), blobs };
  });

function fits(entries: ReadonlyMap<string, Entry>, path: string): boolean {
  if (entries.has(path)) return false;
  if (parentPaths(path).some((parent) => (entries.get(parent)?.type ?? "directory") !== "directory"))
    return false;
  // Anything that others are below already may only be a directory; leave it out whatever it is.
  return ![...entries.keys()].some((other) => other.startsWith(`${path}/`));
}
