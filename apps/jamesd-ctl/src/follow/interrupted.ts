import { shellWord } from "@jamesd/model";

/** What somebody hears who ended a command that followed a device: what it did stands. */
export function deviceGoesOn(id: string, revision: number): readonly string[] {
  return [
    `revision ${revision} stands, and ${id} goes on by itself: jamesd-ctl describe --id ${shellWord(id)} says how far it is`,
    `to take it back: jamesd-ctl history --id ${shellWord(id)} says what was before, and jamesd-ctl revert --id ${shellWord(id)} --to N goes there`,
  ];
}

/** The same of a rollout. */
export function rolloutGoesOn(revision: number): readonly string[] {
  return [
    `revision ${revision} stands, and its rollout goes on by itself: jamesd-ctl watch-rollout --revision ${revision} follows it`,
    `to stop it or take it back: jamesd-ctl pause-rollout or revert-rollout, with --revision ${revision}`,
  ];
}
