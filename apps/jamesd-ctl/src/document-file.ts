import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { addAbortSignal, type Readable } from "node:stream";
import {
  type DocumentChange,
  type DocumentContent,
  JamesError,
  parsePolicy,
  parseSpecId,
} from "@jamesd/model";
import type { Context } from "./command.ts";
import { readBytes, unreadable } from "./local-file.ts";
import { parseConfirm, parseUnowned } from "./policy-text.ts";
import { readApps, readId, readTags, stateValue } from "./state-file.ts";
import { YamlValue } from "./yaml-value.ts";

/** A document as a file has it. */
export interface FileDocument extends DocumentChange {
  readonly content: DocumentContent;
}

/**
 * The documents of a file, of standard input (`-`), or of every .yaml, .yml and .json file in a folder and the folders in
 * it: specs, which have a selector, and states of devices. @throws JamesError FILE_UNREADABLE, and as `parseDocuments`
 */
export async function readDocuments(
  path: string,
  { stdin, signal }: Context,
): Promise<readonly FileDocument[]> {
  if (path === "-")
    return parseDocuments(decode(await readAll(stdin, signal), "standard input"), "standard input");
  const files = isFolder(path) ? filesIn(path) : [path];
  if (files.length === 0)
    throw new JamesError("FILE_UNREADABLE", `there is no .yaml, .yml or .json file in ${path}`, {
      hint: "Name the folder that holds the specs and states.",
    });
  return files.flatMap((file) => parseDocuments(decode(readBytes(file), file), file));
}

/** @throws JamesError STATE_INVALID, NAME_INVALID, TAG_INVALID, APP_DUPLICATE, naming file, line and key */
export function parseDocuments(text: string, source: string): readonly FileDocument[] {
  return YamlValue.parseAll(text, source).map(toDocument);
}

function toDocument(value: YamlValue): FileDocument {
  const { id, selector, systemtags, apps, revision, confirm, unowned } = value.fields(
    ["id", "selector", "systemtags", "apps", "revision", "confirm", "unowned"],
    ["id", "apps"],
  );
  if (selector && systemtags)
    throw systemtags.refuse("are a device's, and the selector is a spec's", "Leave one of them out.");
  if (systemtags) readTags(systemtags);
  return {
    kind: selector ? "spec" : "device",
    id: id ? (selector ? id.check(parseSpecId) : readId(id)) : "",
    content: {
      selector: selector ? readTags(selector) : [],
      apps: apps ? readApps(apps) : [],
      policy: parsePolicy({
        confirm: confirm?.check(stateValue(parseConfirm)),
        unowned: unowned?.check(stateValue(parseUnowned)),
      }),
    },
    expected: revision?.count(),
  };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(ya?ml|json)$/.test(name) && !/(^|\/)\./.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

/** What comes on standard input, to its end. */
export async function readAll(stdin: Readable, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of addAbortSignal(signal, stdin)) chunks.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(chunks);
}

/** Bytes as text. @throws JamesError STATE_INVALID */
export function decode(bytes: Buffer, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new JamesError("STATE_INVALID", `${source} is not text in UTF-8`, { cause });
  }
}
