import { type Content, type Digest, JamesError, type Packet, scriptNames } from "@jamesd/model";

/** The version of the format that this program writes and reads (docs/formats.md). */
export const FORMAT = 1;

/** The name of the first member. */
export const HEADER_NAME = "jamesd-export.json";

/** What the first member says of the whole file. */
export interface ExportHeader {
  readonly format: typeof FORMAT;
  /** When it was made, as in RFC 3339. */
  readonly made: string;
  /** How many packets there are, so that one that is missing at the end is missed. */
  readonly packets: number;
}

/** What a member is, by its name. */
export type MemberName =
  | { readonly kind: "packet"; readonly number: number; readonly digest: Digest }
  | { readonly kind: "blob"; readonly digest: Digest };

/** The member with a packet; `number` counts from 1, oldest packet first. */
export function packetMember(number: number, digest: Digest): string {
  return `packets/${String(number).padStart(4, "0")}-${digest}.json`;
}

/** The member with a content. */
export function blobMember(digest: Digest): string {
  return `blobs/${digest}`;
}

/** Reads a name as the functions above write it; undefined for any other. */
export function parseMember(name: string): MemberName | undefined {
  const blob = /^blobs\/([0-9a-f]{64})$/.exec(name)?.[1];
  if (blob !== undefined) return { kind: "blob", digest: blob };
  const [, number = "", digest = ""] = /^packets\/(\d{4,15})-([0-9a-f]{64})\.json$/.exec(name) ?? [];
  if (name !== packetMember(Number(number), digest)) return undefined;
  return { kind: "packet", number: Number(number), digest };
}

/** Every content that a packet needs, its scripts first; one may come several times. */
export function contentsOf({ scripts, manifest }: Packet): readonly Content[] {
  return [
    ...scriptNames(scripts).flatMap((name) => scripts[name] ?? []),
    ...manifest.flatMap((entry) => (entry.type === "file" ? [entry] : [])),
  ];
}

/** The error for a file that is something else. */
export function notExport(cause?: unknown): JamesError {
  return invalidExport(
    "it was not written by export",
    "Name a file that jamesd-ctl export wrote; to upload an archive use add-packet.",
    cause,
  );
}

/** The error for a file that cannot be imported. */
export function invalidExport(
  message: string,
  hint = "It was damaged or cut: copy it again and compare the checksums, or export again.",
  cause?: unknown,
): JamesError {
  return new JamesError("EXPORT_INVALID", message, { hint, cause });
}
