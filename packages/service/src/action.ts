import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { JamesError } from "@jamesd/model";
import { failureOf } from "./failure-of.ts";
import { inImage, isThere } from "./in-image.ts";
import type { CommandLine } from "./service.ts";
import { shellCommand } from "./shell.ts";
import { hasUser, makeUser } from "./user.ts";

/** Something that installing or removing a service does; paths begin with `/`, wherever the image is. */
export type Action =
  | { readonly kind: "user"; readonly name: string; readonly home: string }
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "file"; readonly path: string; readonly mode: number; readonly text: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | { readonly kind: "remove"; readonly path: string }
  /** A folder in which nothing is, or nothing but what goes before it. */
  | { readonly kind: "prune"; readonly path: string; readonly gone: string }
  | { readonly kind: "run"; readonly command: CommandLine };

/** An action in words, one line. */
export function actionText(action: Action): string {
  switch (action.kind) {
    case "user":
      return `make the user ${action.name}`;
    case "folder":
      return `make the folder ${action.path}`;
    case "file":
      return `write ${action.path}`;
    case "link":
      return `link ${action.path} to ${action.target}`;
    case "remove":
      return `remove ${action.path}`;
    case "prune":
      return `remove the empty folder ${action.path}`;
    case "run":
      return `run ${shellCommand(action.command)}`;
  }
}

/** Whether there is something to do. */
export function isNeeded(action: Action, root: string): boolean {
  switch (action.kind) {
    case "user":
      return !hasUser(root, action.name);
    case "folder":
      return !isThere(root, action.path);
    case "remove":
      return isThere(root, action.path);
    case "prune":
      return isEmptyBut(inImage(root, action.path), action.gone);
    default:
      return true;
  }
}

/** Does it, below `root`. @throws JamesError SERVICE_FAILED */
export function carryOut(action: Action, root: string): void {
  try {
    const act: (action: never, root: string) => void = DO[action.kind];
    act(action as never, root);
  } catch (cause) {
    if (cause instanceof JamesError) throw cause;
    throw serviceFailed(`cannot ${actionText(action)}: ${(cause as Error).message}`, "Run it as root.");
  }
}

const DO: { readonly [K in Action["kind"]]: (action: Action & { kind: K }, root: string) => void } = {
  user: ({ name, home }, root) => makeUser(root, name, home),
  folder: ({ path }, root) => void mkdirSync(inImage(root, path), { recursive: true }),
  file: ({ path, mode, text }, root) => {
    const full = makeWay(root, path);
    writeFileSync(full, text);
    chmodSync(full, mode);
  },
  link: ({ path, target }, root) => symlinkSync(target, makeWay(root, path)),
  remove: ({ path }, root) => rmSync(inImage(root, path), { force: true }),
  prune: ({ path }, root) => rmdirSync(inImage(root, path)),
  run: ({ command }) => runOrFail(command),
};

/** True of a folder, and not a link to one, that holds nothing else. */
function isEmptyBut(folder: string, name: string): boolean {
  const isFolder = lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder && readdirSync(folder).every((other) => other === name);
}

/** A path that can be made: its folders are there, and it is not. */
function makeWay(root: string, path: string): string {
  const full = inImage(root, path);
  mkdirSync(dirname(full), { recursive: true });
  rmSync(full, { force: true });
  return full;
}

/** Runs a program of the system. @throws JamesError SERVICE_FAILED, with what it said */
function runOrFail(command: CommandLine): void {
  const why = failureOf(command);
  if (why === undefined) return;
  throw serviceFailed(
    `${shellCommand(command)}: ${why}`,
    "What was done before it stands; put it right and run it again.",
  );
}

function serviceFailed(message: string, hint: string): JamesError {
  return new JamesError("SERVICE_FAILED", message, { hint });
}
