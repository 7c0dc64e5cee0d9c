import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  accessSync,
  constants,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const BIN = join(import.meta.dirname, "../../../bin");
const COMMANDS = ["jamesc", "jamesd", "jamesd-ctl", "pkitool"];
type Context = { after: (fn: () => void) => void };

/** A checkout whose path has a space, with our launchers and a "node" that is a shell script. */
function checkout(t: Context, node: string): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "jamesd launcher-")));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  cpSync(BIN, join(root, "bin"), { recursive: true });
  mkdirSync(join(root, "node_modules/.bin"), { recursive: true });
  writeFileSync(join(root, "node_modules/.bin/node"), node, { mode: 0o755 });
  return root;
}

function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, "SIGKILL");
  } catch {
    // Nothing of it is left.
  }
}

const ECHO = "#!/bin/sh\nprintf '%s\\n' \"$@\"\n";

test("there is one executable launcher for each program, all the same", () => {
  assert.equal(new Set(COMMANDS.map((name) => readFileSync(join(BIN, name), "utf8"))).size, 1);
  assert.deepEqual(readdirSync(BIN).sort(), [".run", ...COMMANDS]);
  for (const name of readdirSync(BIN)) accessSync(join(BIN, name), constants.X_OK);
});

test("each runs its own program, arguments as they are, from any folder and through symbolic links", (t) => {
  const root = checkout(t, ECHO);
  mkdirSync(join(root, "else where"));
  const args = ["--a", "b c", "", "*", "$HOME"];
  for (const name of COMMANDS) {
    symlinkSync(`../bin/${name}`, join(root, "else where", `1-${name}`));
    symlinkSync(`1-${name}`, join(root, "else where", `2-${name}`));
    const expected = ["--disable-sigusr1", join(root, `apps/${name}/src/main.ts`), ...args, ""].join("\n");
    for (const launcher of [join(root, "bin", name), join(root, "else where", `2-${name}`), `../bin/${name}`])
      assert.equal(
        spawnSync(launcher, args, { cwd: join(root, "else where"), encoding: "utf8" }).stdout,
        expected,
      );
    const env = { PATH: `${join(root, "bin")}:${process.env.PATH}` };
    assert.equal(spawnSync(name, args, { cwd: "/", env, encoding: "utf8" }).stdout, expected);
  }
});

test("the program takes the launcher's place: its process id, signals and exit code", async (t) => {
  const root = checkout(t, "#!/bin/sh\ntrap 'exit 7' TERM\necho $$\nwhile :; do sleep 0.05; done\n");
  // A process group of its own, so that a launcher that forgot exec leaves nothing running.
  const child = spawn(join(root, "bin/jamesd"), { stdio: ["ignore", "pipe", "inherit"], detached: true });
  t.after(() => killGroup(child.pid));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  assert.equal(Number(line.toString()), child.pid);
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [7, null]);
});

test("before npm ci it says what to do", (t) => {
  const root = checkout(t, ECHO);
  rmSync(join(root, "node_modules"), { recursive: true });
  const { status, stdout, stderr } = spawnSync(join(root, "bin/jamesc"), { encoding: "utf8" });
  assert.deepEqual([status, stdout, stderr], [1, "", `jamesc: run npm ci in ${root} first\n`]);
});

test("bin/pkitool itself runs, without a warning, whatever Node is on the path", (t) => {
  const root = checkout(t, ECHO);
  const env = { PATH: "/usr/bin:/bin" };
  const { status, stdout, stderr } = spawnSync(join(BIN, "pkitool"), ["--init"], {
    cwd: root,
    env,
    encoding: "utf8",
  });
  assert.deepEqual([status, stdout, stderr], [0, "CA: pki/ca.crt pki/ca.key\n", ""]);
  const again = spawnSync(join(BIN, "pkitool"), ["--init"], { cwd: root, env, encoding: "utf8" });
  assert.deepEqual(
    [again.status, again.stderr.split("\n")[0]],
    [2, "pkitool: pki/ca.crt exists already [FILE_EXISTS]"],
  );
});
