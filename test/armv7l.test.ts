import assert from "node:assert/strict";
import { closeSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type ProgramResult, readTree, runProgram, Sandbox } from "@jamesd/testkit";
import { armv7lNode } from "./armv7l-node.ts";

const BUILD = fileURLToPath(new URL("../scripts/build.ts", import.meta.url));
const DEVICE = "device-1";
const PROGRAM_BYTES = 3 * 1024 * 1024;

const { command: node, skip } = await armv7lNode();

/** A device of 32 bits: the agent as it is shipped, in the emulator, finding out for itself what it runs on. */
class Board implements AsyncDisposable {
  readonly sandbox: Sandbox;

  constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
  }

  /** Builds the agent, starts the server, and has the board check in for the first time. */
  async start(): Promise<void> {
    const built = await runProgram([process.execPath, BUILD, "--out", this.sandbox.path("dist"), "jamesc"]);
    assert.equal(built.code, 0, built.stderr);
    await this.sandbox.startServer();
    await this.runWell();
  }

  get tree(): ReturnType<typeof readTree> {
    return readTree(this.sandbox.root(DEVICE));
  }

  /** One check-in and what follows from it. */
  run(): Promise<ProgramResult> {
    const flags = this.sandbox.agentFlags(DEVICE, []).filter((flag) => flag !== "--no-detect-tags");
    return runProgram([...node, this.sandbox.path("dist/jamesc.cjs"), ...flags, "--once"], {
      cwd: this.sandbox.dir,
    });
  }

  async runWell(): Promise<string> {
    const { code, stderr } = await this.run();
    assert.equal(code, 0, stderr);
    return stderr;
  }

  /** Uploads a version of the packet, which only a device fits that says it is armv7l. */
  async add(tag: string, files: Parameters<Sandbox["pack"]>[1], postinst: string): Promise<void> {
    const script = this.sandbox.write(`${tag}-postinst.sh`, `#!/bin/sh\n${postinst}\n`);
    const data = ["--data", await this.sandbox.pack(tag, files), "--postinst", script];
    await this.sandbox.ctlOk("add-packet", "--name", "app", "--tags", `${tag},armv7l`, ...data);
  }

  async want(tag: string): Promise<void> {
    const wish = this.sandbox.write("wish.yaml", `id: ${DEVICE}\napps:\n- name: app\n  tags: [${tag}]\n`);
    await this.sandbox.ctlOk("set-desired-state", "--file", wish);
  }

  /** What was packed. */
  expected(tag: string): ReturnType<typeof readTree> {
    return readTree(this.sandbox.path(`${tag}-root`));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.sandbox[Symbol.asyncDispose]();
  }
}

/** Machine code: from the middle of the Node that runs this. */
function program(): Buffer {
  const bytes = Buffer.alloc(PROGRAM_BYTES);
  const file = openSync(process.execPath, "r");
  readSync(file, bytes, 0, bytes.length, 40 * 1024 * 1024);
  closeSync(file);
  return bytes;
}

/** As a compiler makes it of a small change: something new in the middle, and addresses that differ all over. */
function nextProgram(old: Buffer): Buffer {
  const next = Buffer.concat([old.subarray(0, 1e6), Buffer.from("new code ".repeat(50)), old.subarray(1e6)]);
  for (let at = 0; at < next.length; at += 16_384) next.writeUInt32LE(at, at);
  return next;
}

function writeProgram(sandbox: Sandbox, tag: string, bytes: Buffer): void {
  const file = sandbox.path(`${tag}-root/opt/app/program`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes, { mode: 0o755 });
}

/** Three hundred small files, a link to the program and a script. */
function smallFiles(change: string): Parameters<Sandbox["pack"]>[1] {
  const files = Array.from({ length: 300 }, (_, n) => [
    `usr/share/app/${n % 7}/${n}`,
    n % 50 === 0 ? `${n} ${change}\n` : `${n}\n`.repeat(n),
  ]);
  return {
    ...Object.fromEntries(files),
    "usr/bin/app": { link: "/opt/app/program" },
    "usr/bin/app-ctl": { text: "#!/bin/sh\necho app\n", mode: 0o755 },
  };
}

test("on armv7l under Node 20 the agent installs a packet, and takes its update as a delta", {
  skip,
}, async () => {
  await using board = new Board(await Sandbox.create([DEVICE]));
  await board.start();
  const { sandbox } = board;
  const first = program();
  writeProgram(sandbox, "v1", first);
  writeProgram(sandbox, "v2", nextProgram(first));
  await board.add("v1", smallFiles("first"), 'echo "v1 $(uname -s)" >> "$JAMES_ROOT/../log"');
  assert.match(await sandbox.ctlOk("get-state", "--id", DEVICE), /^- armv7l$/m);

  await board.want("v1");
  await board.runWell();
  assert.deepEqual(board.tree, board.expected("v1"));

  await board.add("v2", smallFiles("second"), 'echo "v2 $(uname -s)" >> "$JAMES_ROOT/../log"');
  await board.want("v2");
  const log = await board.runWell();
  assert.doesNotMatch(log, /"level":"warn"/, "what does not come right of a delta is fetched whole");
  const [, bytes] = /"app":"app","bytes":(\d+),"msg":"delta"/.exec(log) ?? [];
  assert.ok(Number(bytes) < PROGRAM_BYTES / 20, `a delta: ${log}`);
  assert.deepEqual(board.tree, board.expected("v2"));
  assert.equal(readFileSync(sandbox.path(DEVICE, "log"), "utf8"), "v1 Linux\nv2 Linux\n");
});

test("killed on armv7l in the middle of a transaction, a device is back at what it had, and goes on", {
  skip,
}, async () => {
  await using board = new Board(await Sandbox.create([DEVICE]));
  await board.start();
  const { sandbox } = board;
  await board.add("v1", { "opt/app/one": "1\n", "opt/app/both": "1\n" }, "");
  // Kills the agent, the first time that it runs.
  const killer = 'mkdir "$JAMES_ROOT/../killed" && kill -9 $PPID; exit 0';
  await board.add("v2", { "opt/app/two": "2\n", "opt/app/both": "2\n" }, killer);
  await board.want("v1");
  await board.runWell();
  await board.want("v2");
  const killed = await board.run();
  assert.equal(killed.signal, "SIGKILL", killed.stderr);
  assert.deepEqual(board.tree["opt/app/two"], board.expected("v2")["opt/app/two"]);

  // Without a server it can only recover.
  await sandbox.stopServer();
  const { code, stderr } = await board.run();
  assert.notEqual(code, 0, stderr);
  assert.deepEqual(board.tree, board.expected("v1"), stderr);

  await sandbox.startServer();
  await board.runWell();
  assert.deepEqual(board.tree, board.expected("v2"));
});
