import { execFileSync } from "node:child_process";

/**
 * When the source was, in seconds since the epoch: what the environment says, or the last commit, so that the same source
 * gives the same files (https://reproducible-builds.org/specs/source-date-epoch/).
 */
export function sourceSeconds(): number {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined) return Number(given);
  const where = { cwd: import.meta.dirname, encoding: "utf8" } as const;
  return Number(execFileSync("git", ["log", "-1", "--format=%ct"], where));
}
