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

/**
 * Makes everything the task names, or nothing. @returns a line for each pair made, for people
 * @throws JamesError NAME_INVALID, USAGE, FOLDER_UNSAFE, FILE_EXISTS, FILE_UNREADABLE, CERTIFICATE_INVALID
 */
export async function create(task: Task, now: number): Promise<readonly string[]> {
  checkNames(task);
  checkOwnFolder(task.dir);
  const authorities = [...(task.init ? [CA] : []), ...(task.initDeviceCa ? [DEVICE_CA] : [])];
  const names = [...authorities, ...task.requests.map(({ name }) => name)];
  for (const name of authorities)
    checkAbsent(
      task.dir,
      fileNames(name),
      name === CA ? hintWhenThere(task) : "The authority for devices is there.",
    );
  checkAbsent(task.dir, names.flatMap(fileNames));
  const made = new Map<string, PemPair>();
  if (task.init) made.set(CA, await makeAuthority(now));
  if (task.initDeviceCa) made.set(DEVICE_CA, await makeDeviceAuthority(now));
  const pairs = [...made.values(), ...(await issueAll(task, made.get(CA), now))];
  writeNew(
    task.dir,
    pairs.flatMap((pair, i) => filesOf(names[i] ?? "", pair)),
  );
  const kinds = [
    ...[...made.keys()].map((name) => KINDS[name] ?? ""),
    ...task.requests.map(({ kind }) => kind),
  ];
  return names.map((name, i) => describe(task.dir, name, kinds[i] ?? ""));
}

/** What the authorities are called, as files and for people. */
const CA = "ca";
const DEVICE_CA = "device-ca";
const KINDS: Readonly<Record<string, string>> = { [CA]: "CA", [DEVICE_CA]: "device CA" };

async function issueAll(
  { dir, requests }: Task,
  made: PemPair | undefined,
  now: number,
): Promise<readonly PemPair[]> {
  if (requests.length === 0) return [];
  const authority = await openAuthority(made ?? readAuthority(dir));
  return Promise.all(requests.map((request) => issueCertificate(authority, request, now)));
}

/** For an authority that is to be made and is there, whole. */
function hintWhenThere({ dir, requests }: Task): string | undefined {
  if (!fileNames("ca").every((file) => existsSync(join(dir, file)))) return undefined;
  return `The authority is there; ${requests.length > 0 ? "leave --init out" : "go on with --add-server"}.`;
}

function checkNames({ requests }: Task): void {
  const seen = new Set<string>();
  for (const { name } of requests) {
    // Lower case, for a file system that does not tell "CA.key" from "ca.key".
    const folded = parseSubjectName(name).toLowerCase();
    if (Object.hasOwn(KINDS, folded))
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
