import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const MARK = ".made-by-the-demo";
const PATIENCE_MS = 10_000;
/** What the demo keeps running; what somebody types in its folder is none of it. */
const DAEMON = /\/apps\/(james[dc]\/src\/main\.ts|jamesd-ctl\/src\/main\.ts dashboard )/;

/** Empties the demo's folder, or makes it. @throws when it holds something else, or a demo is running in it */
export async function prepareFolder(folder: string): Promise<void> {
  if (existsSync(folder)) {
    if (readdirSync(folder).length > 0 && !existsSync(`${folder}/${MARK}`))
      throw new Error(`${folder} was not made by the demo: empty it, or name another with --dir`);
    await stopLeftovers(realpathSync(folder));
    rmSync(folder, { recursive: true });
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${MARK}`, "Emptied at every start of the demo.\n");
}

// A demo that was killed with SIGKILL could not stop its daemons.
async function stopLeftovers(folder: string): Promise<void> {
  const daemons = daemonsIn(folder);
  const running = daemons.map(parentOf).find((pid) => commandOf(pid).includes("examples/demo/main.ts"));
  if (running !== undefined)
    throw new Error(
      `a demo is running in ${folder} already (process ${running}): stop it, or name another with --dir`,
    );
  for (const pid of daemons) process.kill(pid, "SIGTERM");
  const end = Date.now() + PATIENCE_MS;
  while (daemonsIn(folder).length > 0 && Date.now() < end) await sleep(50);
  for (const pid of daemonsIn(folder)) process.kill(pid, "SIGKILL");
}

function daemonsIn(folder: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => folderOf(pid) === folder && DAEMON.test(commandOf(pid)));
}

function folderOf(pid: number): string {
  return quietly(() => readlinkSync(`/proc/${pid}/cwd`));
}

function commandOf(pid: number): string {
  return quietly(() => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "));
}

// proc_pid_status(5): "PPid:" and the number.
function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(quietly(() => readFileSync(`/proc/${pid}/status`, "utf8")))?.[1]);
}

// A process may be gone, or another user's.
function quietly(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
