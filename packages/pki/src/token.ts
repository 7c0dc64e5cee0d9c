// The agent uses this file on Node 20: nothing newer and no library here.
import { createHash } from "node:crypto";
import { JamesError } from "@jamesd/model";

/** What lets a new device in, and tells it which server is the right one. */
export interface Token {
  /** Which token it is; no secret. */
  readonly id: string;
  readonly secret: string;
  /** As `keyFingerprint` of the authority that vouches for the server. */
  readonly authority: string;
}

/** `ID.SECRET.SHA256`, each in base64url. */
const WRITTEN = /^([A-Za-z0-9_-]{4,64})\.([A-Za-z0-9_-]{16,128})\.([A-Za-z0-9_-]{43})$/;

/** A token as it is written: `ID.SECRET.SHA256`. Id and secret are base64url already. */
export function formatToken({ id, secret, authority }: Token): string {
  return `${id}.${secret}.${Buffer.from(authority, "hex").toString("base64url")}`;
}

/** Reads a token, with the whitespace around it that copying adds. @throws JamesError USAGE that does not show it */
export function parseToken(text: string): Token {
  const [, id, secret, digest = ""] = WRITTEN.exec(text.trim()) ?? [];
  const bytes = Buffer.from(digest, "base64url");
  // The last character has two bits that count for nothing, and are written as nothing.
  if (id !== undefined && secret !== undefined && bytes.toString("base64url") === digest)
    return { id, secret, authority: bytes.toString("hex") };
  throw new JamesError("USAGE", "it is not a token of jamesd-ctl enroll-token", {
    hint: "Copy the whole line that jamesd-ctl enroll-token printed; it has two dots.",
  });
}

/** What is kept of a token's secret: it has more bits than can be tried, so one round is enough. In hexadecimal. */
export function tokenHash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
