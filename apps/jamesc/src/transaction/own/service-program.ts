import { existsSync } from "node:fs";
import { writeDurably } from "@jamesd/disk";
import { readAgentFile } from "../disk/agent-file.ts";
import type { Layout } from "../disk/layout.ts";
import type { OwnProgram } from "./own-program.ts";

type Program = Pick<OwnProgram, "command" | "files">;

/**
 * Notes by which words the launcher starts the agent, so that a command which updates it, as `jamesc apply`, can leave the
 * last word to the service. Without the note, as on a full disk, such an update is tested only.
 */
export function noteService({ service }: Layout, { command, files, start }: OwnProgram): void {
  if (start !== "launched" && start !== "trial") return;
  const text = `${JSON.stringify({ command, files })}\n`;
  try {
    if (existsSync(service) && readAgentFile(service).toString() === text) return;
    writeDurably(service, text);
  } catch {
    // What else fails of the disk is said where it is needed.
  }
}

/** The program that the launcher starts; undefined when it is not known to start one that is there. */
export function readService({ service }: Layout): Program | undefined {
  try {
    const { command, files }: Program = JSON.parse(readAgentFile(service).toString());
    const isKnown = [...command, ...files].every((word) => typeof word === "string");
    return isKnown && command.length > 0 && files.every((file) => existsSync(file))
      ? { command, files }
      : undefined;
  } catch {
    return undefined;
  }
}
