import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { JamesError } from "@jamesd/model";
import { type Authority, issueForRequest, openAuthority, type Period, readSigningRequest } from "@jamesd/pki";
import { readDeviceAuthority } from "./create.ts";
import { type NewFile, writeNew } from "./folder.ts";

/** Requests to sign, and with what. */
export interface SigningTask {
  /** The folder of the authority for devices. */
  readonly dir: string;
  /** The folder of the requests, NAME.csr. */
  readonly requests: string;
  readonly days: number;
}

const DAY_MS = 86_400_000;
const REQUEST = ".csr";

/**
 * Signs every request that has no certificate beside it yet, or none at all; `now` in milliseconds. @returns a line for each
 * @throws JamesError FILE_UNREADABLE, CERTIFICATE_INVALID, NAME_INVALID, USAGE
 */
export async function signAll({ dir, requests, days }: SigningTask, now: number): Promise<readonly string[]> {
  const authority = await openAuthority(readDeviceAuthority(dir));
  const names = unsigned(requests);
  const period = { starts: now - DAY_MS, ends: now + days * DAY_MS };
  const files: NewFile[] = [];
  for (const name of names) files.push(await sign(authority, join(requests, name), period));
  writeNew(requests, files);
  return files.map(({ name }) => `device: ${join(requests, name)}`);
}

function unsigned(folder: string): readonly string[] {
  const names = list(folder);
  const asked = names.filter((name) => name.endsWith(REQUEST)).sort();
  const left = asked.filter((name) => !names.includes(certificateFile(name)));
  if (left.length > 0) return left;
  throw new JamesError("USAGE", `there is no request without a certificate in ${folder}`, {
    hint: "Write the requests there with jamesd-ctl list-enrollments --requests.",
  });
}

async function sign(authority: Authority, path: string, period: Period): Promise<NewFile> {
  const request = readRequest(path);
  // The file says to the person who signs for whom that is.
  if (basename(path) !== `${request.name}${REQUEST}`)
    throw new JamesError(
      "CERTIFICATE_INVALID",
      `${path} asks for a certificate of ${JSON.stringify(request.name)}`,
      {
        hint: "See whose request it is, and give its file that name.",
      },
    );
  const content = await issueForRequest(authority, request, period);
  return { name: certificateFile(basename(path)), content, mode: 0o644 };
}

function readRequest(path: string) {
  try {
    return readSigningRequest(readFileSync(path, "utf8"));
  } catch (cause) {
    if (!(cause instanceof JamesError)) throw unreadable(path, cause);
    throw new JamesError(cause.code, `${path}: ${cause.message}`, { hint: cause.hint, cause });
  }
}

function certificateFile(request: string): string {
  return `${request.slice(0, -REQUEST.length)}.crt`;
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

function unreadable(path: string, cause: unknown): JamesError {
  return new JamesError("FILE_UNREADABLE", `cannot read ${path}: ${(cause as Error).message}`, {
    hint: "Name the folder to which jamesd-ctl list-enrollments --requests wrote.",
    cause,
  });
}
