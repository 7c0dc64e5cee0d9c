import { execFileSync, type StdioOptions } from "node:child_process";
import { createHash } from "node:crypto";
import { type TestContext, test } from "node:test";

/**
 * How much of the long sweeps this run tries. A sweep tries the same thing at every place where it may go wrong: at every
 * call a kill, at every sync a power cut. `npm test` tries a sample of each, another with every commit;
 * `npm run test:exhaustive` tries whole sweeps, those of one part of several.
 */
interface SweepPlan {
  /** What chooses the sample, and which sweeps are in which part. */
  readonly seed: string;
  /** Undefined: a sample of every sweep. */
  readonly part: { readonly number: number; readonly of: number } | undefined;
}

/** The variables by which `scripts/test.ts` tells the plan to the tests. */
export const SEED_VARIABLE = "JAMESD_TEST_SEED";
export const PART_VARIABLE = "JAMESD_TEST_PART";

const PART = /^([1-9]\d*)\/([1-9]\d*)$/;

/** @throws Error when the variables are none of a plan */
export function sweepPlan(env: Readonly<Record<string, string | undefined>>): SweepPlan {
  const { [SEED_VARIABLE]: seed = commit(), [PART_VARIABLE]: text } = env;
  if (text === undefined) return { seed, part: undefined };
  const [, number, of] = PART.exec(text) ?? [];
  if (Number(number ?? 1) > Number(of ?? 0))
    throw new Error(`${PART_VARIABLE}=${text} is no part, such as 3/10`);
  return { seed, part: { number: Number(number), of: Number(of) } };
}

/** The commit of this checkout, so that each commit tries another sample; "none" outside of one. */
function commit(): string {
  try {
    const git = ["rev-parse", "--short=12", "HEAD"];
    const options = { cwd: import.meta.dirname, stdio: ["ignore", "pipe", "ignore"] satisfies StdioOptions };
    return execFileSync("git", git, options).toString().trim();
  } catch {
    return "none";
  }
}

const PLAN = sweepPlan(process.env);

/** True when sweeps are whole in this run, so that what only a whole one shows can be asserted. */
export const IS_WHOLE = PLAN.part !== undefined;

/** A number from 0 up to, not including, 2^32, which the seed gives to these words. */
export function drawn(...words: readonly (string | number)[]): number {
  return createHash("sha256")
    .update(JSON.stringify([PLAN.seed, ...words]))
    .digest()
    .readUInt32BE();
}

/** The seed as a number, for what draws by itself, such as fast-check. */
export function seedFor(label: string): number {
  return drawn("seed", label) | 0;
}

/** In a sample `most` of the cases, in their order; in a whole sweep all. */
export function pick<T>(label: string, cases: readonly T[], most: number): readonly T[] {
  if (IS_WHOLE) return cases;
  const ranks = cases.map((_, i) => ({ i, rank: drawn(label, i) })).sort((a, b) => a.rank - b.rank);
  const chosen = new Set(ranks.slice(0, most).map(({ i }) => i));
  return cases.filter((_, i) => chosen.has(i));
}

/**
 * 1, 2, 3, … in a whole sweep; in a sample about every `stride`-th of them, the first among the first `stride`. Who wants
 * one behind `most` and the one after that has not come to an end. @throws Error then
 */
export function* steps(label: string, stride: number, most = Infinity): Generator<number, never> {
  const reach = IS_WHOLE ? 1 : 2 * stride - 1;
  for (let n = 1 + (IS_WHOLE ? 0 : drawn(label, 0) % stride); ; n += 1 + (drawn(label, n) % reach)) {
    // A sample may step over what is behind it.
    yield Math.min(n, most + 1);
    if (n > most) throw new Error(`${label}: there are more than ${most}`);
  }
}

/** A test that is a sweep: in every sampled run, and whole in the one part that it belongs to. */
export function sweepTest(
  name: string,
  options: { readonly skip?: string | false },
  run: (t: TestContext) => Promise<void>,
): void {
  const { seed, part } = PLAN;
  // By the name alone, so that ten runs of different commits have tried all ten parts.
  const home = createHash("sha256").update(name).digest().readUInt32BE();
  if (part && home % part.of !== part.number - 1) return;
  test(name, options, async (t) => {
    t.diagnostic(part ? `whole; seed ${seed}` : `a sample; seed ${seed}`);
    await run(t);
  });
}
