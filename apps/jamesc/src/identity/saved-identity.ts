import { generateKeyPairSync } from "node:crypto";
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, syncPath, writeDurably } from "@jamesd/disk";
import { type ErrorBody, isErrorCode, JamesError } from "@jamesd/model";

/** What a server has issued: PEM texts. */
export interface SavedIdentity {
  readonly certificate: string;
  readonly key: string;
  /** Who vouches for the server. */
  readonly authorities: string;
}

/** A request that is under way. */
export interface PendingRequest {
  /** The id that is asked for. */
  readonly name: string;
  /** PEM. It is kept before it is asked for, so that the same is asked for after a crash. */
  readonly key: string;
  /** Why it has failed so far, and since when that is so. */
  readonly problem?: Problem | undefined;
}

/** Why there is no other certificate yet. */
export interface Problem extends ErrorBody {
  /** Milliseconds since the epoch, by the device's clock. */
  readonly since: number;
  /** When a server that renews none was asked last, by the same clock; left out of what an earlier agent wrote. */
  readonly asked?: number | undefined;
}

/** identity-next.json: a request, and then what was issued for it. */
export type NextIdentity = PendingRequest | (SavedIdentity & { readonly name: string });

/** The form of both files; docs/formats.md describes them. */
const FORMAT = 1;

/** Where a state directory has what servers have issued. */
export function identityPaths(stateDir: string): { readonly saved: string; readonly next: string } {
  return { saved: join(stateDir, "identity.json"), next: join(stateDir, "identity-next.json") };
}

/** Undefined when there is none. @throws JamesError STORE_CORRUPT, FILE_UNREADABLE */
export function readSaved(path: string): SavedIdentity | undefined {
  const read = readJson(path);
  if (read === undefined) return undefined;
  if (hasTexts(read, "certificate", "key", "authorities")) return read;
  throw damaged(path, "it lacks a part");
}

/** Undefined when there is none. @throws JamesError STORE_CORRUPT, FILE_UNREADABLE */
export function readNext(path: string): NextIdentity | undefined {
  const read = readJson(path);
  if (read === undefined) return undefined;
  if (hasTexts(read, "name", "key", "certificate", "authorities")) return read;
  const { certificate, problem } = read;
  if (certificate !== undefined || !hasTexts(read, "name", "key")) throw damaged(path, "it lacks a part");
  return { name: read.name, key: read.key, problem: problemOf(problem) };
}

/** The request, as long as nothing was issued for it. */
export function requestOf(next: NextIdentity | undefined): PendingRequest | undefined {
  return next && !("certificate" in next) ? next : undefined;
}

/** What was issued for the request. */
export function issuedOf(next: NextIdentity | undefined): SavedIdentity | undefined {
  return next && "certificate" in next ? next : undefined;
}

/** A new private key in PEM. */
export function newKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return String(privateKey.export({ type: "pkcs8", format: "pem" }));
}

/** Durable when it returns. @throws JamesError DEVICE_IO */
export function writeNext(stateDir: string, next: NextIdentity): void {
  writing(stateDir, () => {
    makeFolder(stateDir);
    writeDurably(identityPaths(stateDir).next, `${JSON.stringify({ format: FORMAT, ...next })}\n`);
  });
}

/** What was issued takes the place of the identity of before, at once and for good. @throws JamesError DEVICE_IO */
export function promoteNext(stateDir: string): void {
  const { saved, next } = identityPaths(stateDir);
  writing(stateDir, () => {
    renameSync(next, saved);
    syncPath(stateDir);
  });
}

function readJson(path: string): Readonly<Record<string, unknown>> | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new JamesError("FILE_UNREADABLE", `cannot read ${path}: ${message}`, {
      hint: "See that this user may read it; and what the kernel says of the disk: dmesg.",
      cause,
    });
  }
  const read = parse(text, path);
  if (typeof read !== "object" || read === null) throw damaged(path, "it is not an object");
  const { format } = read as { format?: unknown };
  if (format !== FORMAT) throw damaged(path, `its format is ${JSON.stringify(format)}, not ${FORMAT}`);
  return read as Readonly<Record<string, unknown>>;
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(path, "it is not JSON", cause);
  }
}

function problemOf(value: unknown): Problem | undefined {
  const { code, message, hint, since, asked } = Object(value) as Readonly<Record<string, unknown>>;
  if (typeof code !== "string" || !isErrorCode(code)) return undefined;
  if (typeof message !== "string" || typeof since !== "number") return undefined;
  const optional = { ...(typeof hint === "string" && { hint }), ...(typeof asked === "number" && { asked }) };
  return { code, message, ...optional, since };
}

function hasTexts<K extends string>(
  read: Readonly<Record<string, unknown>>,
  ...keys: readonly K[]
): read is Readonly<Record<K, string>> {
  return keys.every((key) => typeof read[key] === "string");
}

function damaged(path: string, why: string, cause?: unknown): JamesError {
  return new JamesError("STORE_CORRUPT", `${path} cannot be used: ${why}`, {
    hint: "Move it away and join anew with --enroll, or put certificates at --cert, --key and --ca.",
    cause,
  });
}

function writing(stateDir: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    throw new JamesError(
      "DEVICE_IO",
      `cannot write the identity in ${stateDir}: ${(cause as Error).message}`,
      {
        hint: "Make room there, or mount it writable; jamesc tries again by itself.",
        cause,
      },
    );
  }
}
