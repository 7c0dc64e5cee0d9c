import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type TarEntry, tarEntries } from "@jamesd/archive/tar";
import { type Entry, JamesError, type Packet } from "@jamesd/model";

/** Sees that a tar holds the entries of a packet, in order, with their contents, and nothing else. @throws JamesError DIGEST_MISMATCH */
export async function checkArchive(file: string, { digest, manifest }: Packet): Promise<void> {
  const expected = manifest.values();
  try {
    for await (const found of tarEntries(createReadStream(file))) {
      const next = expected.next();
      if (next.done || !(await isEntry(found, next.value))) throw mismatch(digest);
    }
  } catch (cause) {
    throw cause instanceof JamesError ? mismatch(digest, cause) : cause;
  }
  if (!expected.next().done) throw mismatch(digest);
}

async function isEntry(found: TarEntry, entry: Entry): Promise<boolean> {
  const name = `./${entry.path}${entry.type === "directory" ? "/" : ""}`;
  const isLink = entry.type === "file" && entry.sameAs !== undefined;
  const isPlace =
    found.type === (isLink ? "link" : entry.type) && found.uid === entry.uid && found.gid === entry.gid;
  if (!isPlace || (found.name !== name && `${found.name}/` !== name)) return false;
  switch (entry.type) {
    case "directory":
      return found.mode === entry.mode;
    case "symlink":
      return found.target === entry.target;
    case "file":
      if (found.mode !== entry.mode) return false;
      if (isLink) return found.target === `./${entry.sameAs}`;
      return found.capability === entry.capability && (await digestOf(found.content)) === entry.digest;
  }
}

async function digestOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of content) hash.update(chunk);
  return hash.digest("hex");
}

function mismatch(digest: string, cause?: JamesError): JamesError {
  return new JamesError("DIGEST_MISMATCH", `the archive that came for packet ${digest} is another one's`, {
    hint: "Try again; when it stays, see that it is the right server, and run jamesd verify there.",
    cause,
  });
}
