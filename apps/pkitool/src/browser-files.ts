import { randomInt } from "node:crypto";
import { join } from "node:path";
import { checkOwnFolder } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import { parseSubjectName } from "@jamesd/pki";
import { makePkcs12 } from "@jamesd/pki/pkcs12";
import { checkAbsent, readIfThere, writeNew } from "./folder.ts";

/** What is not taken for something else when it is read and typed. */
const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";
/** 100 bits. */
const LENGTH = 20;

/**
 * Makes NAME.p12 of NAME.crt, NAME.key and ca.crt for each name, or nothing: what a browser or a phone imports.
 * @param isLegacy as systems read it that take nothing newer than 3DES and SHA-1
 * @returns a line for each, for people, with its password, which is nowhere else
 * @throws JamesError NAME_INVALID, FOLDER_UNSAFE, FILE_EXISTS, FILE_UNREADABLE, CERTIFICATE_INVALID
 */
export function makeBrowserFiles(
  dir: string,
  names: readonly string[],
  isLegacy: boolean,
): readonly string[] {
  checkOwnFolder(dir);
  const files = names.map((name) => `${parseSubjectName(name)}.p12`);
  checkAbsent(dir, files, "It cannot be made anew with the same password: move it away first.");
  const made = names.map((name) => {
    const pair = { cert: read(dir, `${name}.crt`), key: read(dir, `${name}.key`) };
    const password = newPassword();
    const content = makePkcs12(pair, read(dir, "ca.crt"), { name, password, isLegacy });
    return { file: { name: `${name}.p12`, content, mode: 0o600 }, password };
  });
  writeNew(
    dir,
    made.map(({ file }) => file),
  );
  return made.map(({ file, password }) => `browser: ${join(dir, file.name)}, password ${password}`);
}

function read(dir: string, file: string): string {
  const text = readIfThere(join(dir, file));
  if (text !== undefined) return text;
  throw new JamesError("FILE_UNREADABLE", `there is no ${join(dir, file)}`, {
    hint: "Make the certificate first, such as with --add-operator; or name its folder with --dir.",
  });
}

function newPassword(): string {
  return Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}
