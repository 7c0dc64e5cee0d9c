import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkOwnFolder } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import {
  type CertificateRequest,
  issueCertificate,
  makeAuthority,
  openAuthority,
  type PemPair,
  parseSubjectName,
} from "@jamesd/pki";
import { checkAbsent, type NewFile, readIfThere, writeNew } from "./folder.ts";

/** What one call of pkitool is to make. */
export interface Task {
  readonly dir: string;
  readonly init: boolean;
  readonly requests: readonly CertificateRequest[];
}

/**
 * Makes everything the task names, or nothing. @returns a line for each pair made, for people
 * @throws JamesError NAME_INVALID, USAGE, FOLDER_UNSAFE, FILE_EXISTS, FILE_UNREADABLE, CERTIFICATE_INVALID
 */
export async function create(task: Task, now: number): Promise<readonly string[]> {
  checkNames(task);
  checkOwnFolder(task.dir);
  const names = [...(task.init ? ["ca"] : []), ...task.requests.map(({ name }) => name)];
  if (task.init) checkAbsent(task.dir, fileNames("ca"), hintWhenThere(task));
  checkAbsent(task.dir, names.flatMap(fileNames));
  const authorityPair = task.init ? await makeAuthority(now) : readAuthority(task.dir);
  const authority = await openAuthority(authorityPair);
  const issued = await Promise.all(task.requests.map((request) => issueCertificate(authority, request, now)));
  const pairs = task.init ? [authorityPair, ...issued] : issued;
  writeNew(
    task.dir,
    pairs.flatMap((pair, i) => filesOf(names[i] ?? "", pair)),
  );
  const kinds = [...(task.init ? ["CA"] : []), ...task.requests.map(({ kind }) => kind)];
  return names.map((name, i) => describe(task.dir, name, kinds[i] ?? ""));
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
    if (folded === "ca")
      throw new JamesError("NAME_INVALID", `${JSON.stringify(name)} is the authority's own name`, {
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
  const [cert, key] = fileNames("ca").map((file) => readIfThere(join(dir, file)));
  if (cert !== undefined && key !== undefined) return { cert, key };
  const missing = join(dir, cert === undefined ? "ca.crt" : "ca.key");
  throw new JamesError("FILE_UNREADABLE", `there is no ${missing}`, {
    hint:
      cert === undefined && key === undefined
        ? `Make the authority first: pkitool --init --dir ${dir}; or name its folder with --dir.`
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
