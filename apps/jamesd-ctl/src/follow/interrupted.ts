import { shellWord } from "@jamesd/model";
import type { Change } from "./verdict.ts";

/** What somebody hears who ended a command that followed a device; a revision that the command made stands, and can be taken back. */
export function deviceGoesOn(id: string, { revision, isMade = false }: Change): readonly string[] {
  const goesOn = `${id} goes on by itself: jamesd-ctl describe --id ${shellWord(id)} says how far it is`;
  if (!isMade) return [goesOn];
  return [
    `revision ${revision} stands, and ${goesOn}`,
    `to take it back: jamesd-ctl history --id ${shellWord(id)} says what was before, and jamesd-ctl revert --id ${shellWord(id)} --to N goes there`,
  ];
}

/** The same of a device that was asked to look at its files. */
export function looksByItself(id: string): string {
  return `${id} looks when it can, by itself: jamesd-ctl describe --id ${shellWord(id)} says what it found`;
}

/** The same of a rollout. */
export function rolloutGoesOn(revision: number): readonly string[] {
  return [
    `revision ${revision} stands, and its rollout goes on by itself: jamesd-ctl watch-rollout --revision ${revision} follows it`,
    `to stop it or take it back: jamesd-ctl pause-rollout or revert-rollout, with --revision ${revision}`,
  ];
}
