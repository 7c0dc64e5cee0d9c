import { type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { unreadable } from "@jamesd/carry";
import {
  type DocumentChange,
  type DocumentContent,
  type DocumentKey,
  documentName,
  JamesError,
} from "@jamesd/model";
import type { Context } from "../cli/command.ts";
import { type NamedText, readText } from "../files/text-file.ts";
import { documentSchema, policyOf } from "./document-schema.ts";
import { readAs } from "./read-as.ts";
import { YamlDocument } from "./yaml-document.ts";

/** A document as a file has it. */
export interface FileDocument extends DocumentChange {
  readonly content: DocumentContent;
}

/**
 * The documents of a file, of standard input (`-`), or of every .yaml, .yml and .json file in a folder and the folders in
 * it: specs, which have a selector, and states of devices; `kind` may say which it is. @throws JamesError FILE_UNREADABLE, and as `parseDocuments`
 */
export async function readDocuments(path: string, context: Context): Promise<readonly FileDocument[]> {
  const files = path !== "-" && isFolder(path) ? filesIn(path) : [path];
  if (files.length === 0)
    throw new JamesError("FILE_UNREADABLE", `there is no .yaml, .yml or .json file in ${path}`, {
      hint: "Name the folder that holds the specs and states.",
    });
  const documents: FileDocument[] = [];
  const places = new Map<string, string>();
  for (const file of files) documents.push(...parseDocuments(await readText(file, context), places));
  return documents;
}

/** The documents of `readDocuments`; where there is none that is said, for a file that came out empty says nothing itself. */
export async function readAny(path: string, context: Context): Promise<readonly FileDocument[]> {
  const documents = await readDocuments(path, context);
  if (documents.length === 0) context.note(`warning: ${sourceOf(path)} holds no document: nothing changes`);
  return documents;
}

/** The documents of `readDocuments`, when all others go: there has to be one. @throws JamesError USAGE, and as `readDocuments` */
export async function readPrunedTo(path: string, context: Context): Promise<readonly FileDocument[]> {
  const documents = await readDocuments(path, context);
  if (documents.length > 0) return documents;
  throw new JamesError("USAGE", `${sourceOf(path)} holds no document: --prune would remove everything`, {
    hint: "See that it is the right one; jamesd-ctl revert --to 0 removes everything.",
  });
}

function sourceOf(path: string): string {
  return path === "-" ? "standard input" : path;
}

/** @throws JamesError STATE_INVALID, NAME_INVALID, TAG_INVALID, APP_DUPLICATE, naming file, line and key */
function parseDocuments({ text, source }: NamedText, places: Map<string, string>): readonly FileDocument[] {
  return YamlDocument.parseAll(text, source)
    .flatMap((document) => document.items())
    .map((document) => toDocument(document, places));
}

/** `places` says where each document before this one stands, and is told of this one. */
function toDocument(document: YamlDocument, places: Map<string, string>): FileDocument {
  const { id, selector, apps, rollout, revision, ...policy } = readAs(documentSchema, document);
  const key: DocumentKey = { kind: selector ? "spec" : "device", id };
  checkOnce(document, key, places);
  return {
    ...key,
    content: { selector: selector ?? [], apps, policy: policyOf(policy), ...(rollout && { rollout }) },
    expected: revision,
  };
}

function checkOnce(document: YamlDocument, key: DocumentKey, places: Map<string, string>): void {
  const name = documentName(key);
  const before = places.get(name);
  if (before !== undefined)
    throw document.refuse(
      ["id"],
      `is the ${name} again, after ${before}`,
      "Give each document once; take one of them out.",
    );
  places.set(name, document.place(["id"]));
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function filesIn(folder: string): readonly string[] {
  return entriesOf(folder)
    .filter(isDocument)
    .map(({ path }) => path)
    .sort();
}

/** Something in a folder, or in a folder in it. */
interface FolderEntry {
  readonly path: string;
  readonly entry: Dirent;
}

// Node's own walk goes through links to folders as well.
function entriesOf(folder: string): readonly FolderEntry[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !name.startsWith("."))
      .flatMap((entry) => {
        const path = join(folder, entry.name);
        return entry.isDirectory() ? entriesOf(path) : [{ path, entry }];
      });
  } catch (cause) {
    throw cause instanceof JamesError ? cause : unreadable(folder, cause);
  }
}

// What is not read is refused where a document may be meant: --prune would remove what is in it.
function isDocument({ path, entry }: FolderEntry): boolean {
  const isNamed = /\.(ya?ml|json)$/.test(path);
  const target = entry.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : entry;
  // They may lead round in a circle.
  if (target?.isDirectory())
    throw unreadable(path, new Error("it is a link to a folder, and those are not followed"));
  if (isNamed && target && !target.isFile()) throw unreadable(path, new Error("it is not a file"));
  return isNamed;
}
