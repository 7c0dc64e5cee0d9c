// What `npm test` and `npm run test:exhaustive` start, after the check:
//   node scripts/test.ts                                   every test; of each sweep a sample
//   node scripts/test.ts exhaustive [--part 3/10] [--seed S] [--minutes M]
// The second tries the sweeps whole, in ten parts: one with --part alone; else all, or as many as the minutes are enough
// for, beginning after the last one that passed on this machine. The programs that tests start are bundled first, as they
// are shipped. Of the first, files of tests are in memory where there is room; the second has the machine's disk.
import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { cached, PART_VARIABLE, SEED_VARIABLE, sweepPlan, useBundles } from "@jamesd/testkit";
import { readCommandLine } from "./command-line.ts";
import { inMemory } from "./in-memory.ts";
import { runTestFiles } from "./run-test-files.ts";

const ROOT = join(import.meta.dirname, "..");
const TESTS = ["packages/**/*.test.ts", "apps/**/*.test.ts", "test/**/*.test.ts", "bench/**/*.test.ts"];
/** Tests wait more than they compute: for disks, for other programs. */
const FILES_AT_ONCE = availableParallelism() + 1;
const PARTS = 10;
/** Says that files of tests are in memory. */
const IN_MEMORY = "JAMESD_TESTS_IN_MEMORY";
/** For a test, and for a file. A part takes minutes; one that has begun is not cut short. */
const LIMIT_MS = { sample: 600_000, whole: 1_800_000 };

interface TestFile {
  readonly path: string;
  readonly hasSweeps: boolean;
}

/** All files of tests. End to end they take longest, and sweeps: begun last, they would run alone at the end. */
function testFiles(): readonly TestFile[] {
  const files = globSync(TESTS, { cwd: ROOT, exclude: (path) => path.includes("node_modules") })
    .sort()
    .map((path) => ({ path, hasSweeps: readFileSync(join(ROOT, path), "utf8").includes("sweepTest(") }));
  const rank = ({ path, hasSweeps }: TestFile): number => (path.startsWith("test/") ? 0 : hasSweeps ? 1 : 2);
  return files.toSorted((a, b) => rank(a) - rank(b));
}

function run(files: readonly TestFile[], limit: number, env: NodeJS.ProcessEnv): Promise<number> {
  return runTestFiles(
    files.map(({ path }) => join(ROOT, path)),
    {
      ...{ cwd: ROOT, concurrency: FILES_AT_ONCE, limit },
      env: { ...process.env, NODE_COMPILE_CACHE: cached("compiled"), ...env },
    },
  );
}

async function sample(seed: string): Promise<number> {
  console.log(
    `sweeps are sampled with the seed ${seed}; to try the same again: ${SEED_VARIABLE}=${seed} npm test`,
  );
  return run(testFiles(), LIMIT_MS.sample, { [SEED_VARIABLE]: seed });
}

/** Where it is noted which part is the next, so that run after run all have their turn. */
const NEXT_PART = cached("exhaustive", "next-part");

/** The number of the part whose turn it is. A new machine begins anywhere. */
function nextPart(): number {
  if (existsSync(NEXT_PART)) return Number(readFileSync(NEXT_PART, "utf8"));
  const commits = execFileSync("git", ["rev-list", "--count", "HEAD"], { cwd: ROOT, encoding: "utf8" });
  return (Number(commits) % PARTS) + 1;
}

async function tryPart(part: string, seed: string): Promise<number> {
  console.log(
    `part ${part} of the exhaustive sweeps; again: npm run test:exhaustive -- --part ${part} --seed ${seed}`,
  );
  const files = testFiles().filter(({ hasSweeps }) => hasSweeps);
  return run(files, LIMIT_MS.whole, { [SEED_VARIABLE]: seed, [PART_VARIABLE]: part });
}

/** Tries parts in turn, as long as the slowest of them so far would still come to its end in time. */
async function exhaustive(seed: string, minutes: number): Promise<number> {
  const [first, begin] = [nextPart(), Date.now()];
  let slowest = 0;
  for (let i = 0; i < PARTS; i += 1) {
    const [number, began] = [((first - 1 + i) % PARTS) + 1, Date.now()];
    if (began - begin + slowest > minutes * 60_000) break;
    const code = await tryPart(`${number}/${PARTS}`, seed);
    if (code !== 0) return code;
    slowest = Math.max(slowest, Date.now() - began);
    writeFileSync(NEXT_PART, String((number % PARTS) + 1));
  }
  return 0;
}

const USAGE = `test
       npm run test:exhaustive -- [--part 3/${PARTS}] [--seed S] [--minutes M]`;
const { values, positionals } = readCommandLine(USAGE, {
  allowPositionals: true,
  options: { part: { type: "string" }, seed: { type: "string" }, minutes: { type: "string" } },
});
const isSample = positionals[0] !== "exhaustive";

async function runAll(): Promise<number> {
  await using _bundles = await useBundles();
  const { seed = sweepPlan(process.env).seed, part, minutes = "Infinity" } = values;
  // Awaited here: what is given back as it is, is waited for only when the bundles are gone.
  if (isSample) return await sample(seed);
  return await (part === undefined ? exhaustive(seed, Number(minutes)) : tryPart(part, seed));
}

/** This command anew, its files in memory; undefined where it is so already, or cannot be. */
async function runInMemory(): Promise<number | undefined> {
  if (process.env[IN_MEMORY]) return undefined;
  const kept = { JAMESD_CACHE: dirname(cached("compiled")), [IN_MEMORY]: "yes" };
  return inMemory([process.execPath, ...process.argv.slice(1)], kept);
}

process.exitCode = (isSample ? await runInMemory() : undefined) ?? (await runAll());
