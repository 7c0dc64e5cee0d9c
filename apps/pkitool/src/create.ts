import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkOwnFolder } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import {
  type CertificateRequest,
  issueCertificate,
  makeAuthority,
  makeDeviceAuthority,
  openAuthority,
  type PemPair,
  parseSubjectName,
} from "@jamesd/pki";
import { checkAbsent, type NewFile, readIfThere, writeNew } from "./folder.ts";

/** What one call of pkitool is to make. */
export interface Task {
  readonly dir: string;
  readonly init: boolean;
  /** The authority for devices, which is another one. */
  readonly initDeviceCa: boolean;
  readonly requests: readonly CertificateRequest[];
}

/** What was made of it: a pair, the name of its files, and what it is for people. */
interface Made {
  readonly name: string;
  readonly kind: string;
  readonly pair: PemPair;
}

/** What the authorities are called, as files. */
const CA = "ca";
const DEVICE_CA = "device-ca";

/**
 * Makes everything the task names, or nothing. @returns a line for each pair made, for people
 * @throws JamesError NAME_INVALID, USAGE, FOLDER_UNSAFE, FILE_EXISTS, FILE_UNREADABLE, CERTIFICATE_INVALID
 */
export async function create(task: Task, now: number): Promise<readonly string[]> {
  checkNames(task);
  checkOwnFolder(task.dir);
  if (task.init) checkAbsent(task.dir, fileNames(CA), hintWhenThere(task));
  if (task.initDeviceCa) checkAbsent(task.dir, fileNames(DEVICE_CA), "The authority for devices is there.");
  checkAbsent(
    task.dir,
    task.requests.flatMap(({ name }) => fileNames(name)),
  );
  const authority = task.init ? await makeAuthority(now) : undefined;
  const made: Made[] = [
    ...(authority ? [{ name: CA, kind: "CA", pair: authority }] : []),
    ...(task.initDeviceCa
      ? [{ name: DEVICE_CA, kind: "device CA", pair: await makeDeviceAuthority(now) }]
      : []),
    ...(await issueAll(task, authority, now)),
  ];
  writeNew(
    task.dir,
    made.flatMap(({ name, pair }) => filesOf(name, pair)),
  );
  return made.map(({ name, kind }) => describe(task.dir, name, kind));
}

async function issueAll(
  { dir, requests }: Task,
  made: PemPair | undefined,
  now: number,
): Promise<readonly Made[]> {
  if (requests.length === 0) return [];
  const authority = await openAuthority(made ?? readAuthority(dir));
  return Promise.all(
    requests.map(async (request) => {
      const { name, kind } = request;
      return { name, kind, pair: await issueCertificate(authority, request, now) };
    }),
  );
}

/** For an authority that is to be made and is there, whole. */
function hintWhenThere({ dir, requests }: Task): string | undefined {
  if (!fileNames(CA).every((file) => existsSync(join(dir, file)))) return undefined;
  return `The authority is there; ${requests.length > 0 ? "leave --init out" : "go on with --add-server"}.`;
}

function checkNames({ requests }: Task): void {
  const seen = new Set<string>();
  for (const { name } of requests) {
    // Lower case, for a file system that does not tell "CA.key" from "ca.key".
    const folded = parseSubjectName(name).toLowerCase();
    if (folded === CA || folded === DEVICE_CA)
      throw new JamesError("NAME_INVALID", `${JSON.stringify(name)} is an authority's own name`, {
        hint: "Choose another name.",
      });
    if (seen.has(folded))
      throw new JamesError("USAGE", `${JSON.stringify(name)} is to be added twice`, {
        hint: "Give every certificate its own name.",
      });
    seen.add(folded);
  }
}

function readAuthority(dir: string): PemPair {
  return readPair(
    dir,
    CA,
    `Make the authority first: pkitool --init --dir ${dir}; or name its folder with --dir.`,
  );
}

/** The authority for devices in a folder. @throws JamesError FILE_UNREADABLE */
export function readDeviceAuthority(dir: string): PemPair {
  const hint = `Make it first: pkitool --init-device-ca --dir ${dir}; or name its folder with --dir.`;
  return readPair(dir, DEVICE_CA, hint);
}

function readPair(dir: string, name: string, hintWhenAbsent: string): PemPair {
  const files = fileNames(name);
  const [cert, key] = files.map((file) => readIfThere(join(dir, file)));
  if (cert !== undefined && key !== undefined) return { cert, key };
  throw new JamesError("FILE_UNREADABLE", `there is no ${join(dir, files[cert === undefined ? 0 : 1])}`, {
    hint:
      cert === undefined && key === undefined
        ? hintWhenAbsent
        : "The authority is not complete; restore the file from a copy, or make a new one in another folder.",
  });
}

function fileNames(name: string): readonly [string, string] {
  return [`${name}.crt`, `${name}.key`];
}

function filesOf(name: string, { cert, key }: PemPair): readonly NewFile[] {
  const [certFile, keyFile] = fileNames(name);
  return [
    { name: keyFile, content: key, mode: 0o600 },
    { name: certFile, content: cert, mode: 0o644 },
  ];
}

function describe(dir: string, name: string, kind: string): string {
  const [certFile, keyFile] = fileNames(name);
  return `${kind}: ${join(dir, certFile)} ${join(dir, keyFile)}`;
}
