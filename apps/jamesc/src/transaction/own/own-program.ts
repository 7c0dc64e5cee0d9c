import type { RootFs } from "../disk/root-fs.ts";
import type { Operation } from "../journal/operation.ts";
import { hops } from "../plan/own-files.ts";

/**
 * By whom the agent was started:
 * - "plain": by somebody who knows nothing of updates of the agent itself;
 * - "launched": by the launcher (launcher.ts), and no such update is under way;
 * - "trial": by the launcher, as the new one that is to prove itself;
 * - "old": by the launcher, as the one from before the update, which is to be undone.
 */
export type Start = "plain" | "launched" | "trial" | "old";

/** The program of the agent that runs. */
export interface OwnProgram {
  /** All the words that started it. */
  readonly command: readonly string[];
  /** Those of them that are files of the program; absolute. */
  readonly files: readonly string[];
  readonly start: Start;
  /** As the new one: sees that the server can be reached; offline, that looking for it works. @throws JamesError when not */
  readonly prove: (isOffline: boolean) => Promise<void>;
  /** Told that another program is in its place now: it is to end, and be started again. */
  readonly replaced: () => void;
}

/** Whether the operations take the program that runs away, and leave nothing in its place that could be started. */
export function isTakenAway(own: OwnProgram, operations: readonly Operation[], root: RootFs): boolean {
  const pathsOf = (kind: "place" | "aside"): ReadonlySet<string> =>
    new Set(operations.flatMap((operation) => (operation.kind === kind ? [operation.path] : [])));
  const [placed, aside] = [pathsOf("place"), pathsOf("aside")];
  return own.files.some((file) => {
    const places = hops(file).flatMap((path) => root.placeOf(path) ?? []);
    // Behind a link that is replaced another program may be meant.
    const first = places.find((place) => placed.has(place) || aside.has(place));
    return first !== undefined && !placed.has(first);
  });
}

/** Whether the operations put something in the place of the program that runs, or take it away. */
export function isReplaced(own: OwnProgram, operations: readonly Operation[], root: RootFs): boolean {
  const places = new Set(own.files.flatMap(hops).flatMap((path) => root.placeOf(path) ?? []));
  return operations.some(
    (operation) => (operation.kind === "place" || operation.kind === "aside") && places.has(operation.path),
  );
}
