import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  IS_WHOLE,
  pick,
  readTree,
  requireTool,
  runProgram,
  Sandbox,
  sh,
  skipUnless,
  sweepTest,
} from "@jamesd/testkit";
import { type Architecture, armhfBoard, type Board, emulator, folderBoard, treeOf, well } from "./board.ts";
import { debFiles, libraries } from "./debian.ts";

const BUILD = fileURLToPath(new URL("../../scripts/build-agent.ts", import.meta.url));
const DOCUMENT = fileURLToPath(new URL("../../docs/executables.md", import.meta.url));
/** Where `jamesd-ctl` and `pkitool` are executables too. */
const FOR_PEOPLE = ["x64", "arm64"];
const NAME =
  "five architectures, each the executable for it: install, killed while it updates, recovery, update";

const ARCHITECTURES: readonly Architecture[] = [
  { name: "x64", machine: "x86_64", debian: "amd64", qemu: "x86_64", triple: "x86_64-pc-linux-gnu" },
  {
    name: "arm64",
    machine: "aarch64",
    debian: "arm64",
    qemu: "aarch64",
    triple: "aarch64-unknown-linux-gnu",
  },
  { name: "armv7l", machine: "armv7l", debian: "armhf", qemu: "arm", triple: "arm-unknown-linux-gnueabihf" },
  {
    name: "ppc64le",
    machine: "ppc64le",
    debian: "ppc64el",
    qemu: "ppc64le",
    triple: "powerpc64le-unknown-linux-gnu",
  },
  { name: "s390x", machine: "s390x", debian: "s390x", qemu: "s390x", triple: "s390x-ibm-linux-gnu" },
];
const CHOSEN = pick(NAME, ARCHITECTURES, 1);

function missing(): string | false {
  const emulators = CHOSEN.map(({ qemu }) => `qemu-${qemu}-static`);
  return (
    requireTool("npm", "apt-get", "dpkg-deb", "tar", ...emulators) ||
    (IS_WHOLE && requireTool("debootstrap", "unshare", "mount", "chroot")) ||
    skipUnless(process.getuid?.() === 0, "needs root, as packets have files of root") ||
    skipUnless(process.arch === "x64", "has emulators for what is not x64")
  );
}

/** Two versions of Debian's openvpn as trees, the second with another program, and the packets of them. */
async function addVersions(sandbox: Sandbox, { name, machine, debian }: Architecture): Promise<void> {
  const [v1, v2] = [sandbox.path(`v1-${name}`), sandbox.path(`v2-${name}`)];
  sh("dpkg-deb", "-x", (await debFiles(debian)).get("openvpn") ?? "", v1);
  sh("cp", "-a", v1, v2);
  appendFileSync(`${v2}/usr/sbin/openvpn`, "second version");
  writeFileSync(`${v2}/etc/openvpn/new.conf`, "port 1195\n");
  sh("rm", "-r", `${v2}/usr/share/doc`);
  const postinst = sandbox.write(
    `${name}-postinst`,
    '#!/bin/sh\n"$JAMES_ROOT/usr/sbin/openvpn" --version || uname -m\n',
  );
  // Kills the agent, the first time that it runs.
  const killer = sandbox.write(
    `${name}-preinst`,
    '#!/bin/sh\nrm "$JAMES_ROOT/kill" && kill -9 $PPID; exit 0\n',
  );
  for (const [version, scripts] of [
    ["v1", ["--postinst", postinst]],
    ["v2", ["--preinst", killer, "--postinst", postinst]],
  ] as const) {
    const data = sandbox.path(`${version}-${name}.tar.xz`);
    sh("tar", "-cJf", data, "-C", sandbox.path(`${version}-${name}`), ".");
    const packet = ["--name", "openvpn", "--data", data, "--tags", `${version},${machine}`, ...scripts];
    await sandbox.ctlOk("add-packet", ...packet);
  }
}

async function want(sandbox: Sandbox, version: string): Promise<void> {
  for (const { name } of CHOSEN) {
    const wish = sandbox.write("wish.yaml", `id: ${name}\napps:\n- name: openvpn\n  tags: [${version}]\n`);
    await sandbox.ctlOk("set-desired-state", "--file", wish);
  }
}

/** Sees that a board has a version whole, nothing of the other, and that its program runs there. */
async function has(sandbox: Sandbox, board: Board, version: string): Promise<void> {
  const { name, triple } = board.architecture;
  const trees = ["v1", "v2"].map((each) => readTree(sandbox.path(`${each}-${name}`)));
  const paths = trees.flatMap((tree) => Object.keys(tree)).toSorted();
  const expected = trees[version === "v1" ? 0 : 1] ?? {};
  // Folders that it shares with the system are as they were.
  const own = (tree: typeof expected) =>
    Object.fromEntries(Object.entries(tree).filter(([, { type }]) => type !== "directory"));
  assert.deepEqual(own(treeOf(board, paths)), own(expected), `${version} on ${name}`);
  const { code, stdout, stderr } = await board.run("usr/sbin/openvpn", "--version");
  assert.match(stdout, new RegExp(`^OpenVPN 2\\.[\\d.]+ ${triple} `), `${code} ${stderr}`);
}

/** Builds a program for architectures; gives the folder. */
async function build(sandbox: Sandbox, program: string, names: readonly string[]): Promise<string> {
  const archs = names.flatMap((name) => ["--arch", name]);
  const flags = ["--program", program, ...archs, "--out", sandbox.dir];
  const { code, stderr } = await runProgram([process.execPath, BUILD, ...flags], { env: process.env });
  assert.equal(code, 0, stderr);
  return sandbox.dir;
}

/** The programs for people, which are built for their machines too: one makes an operator, one asks as that operator. */
async function workForPeople(sandbox: Sandbox, architecture: Architecture): Promise<void> {
  const { name, machine } = architecture;
  const run = async (program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    const file = join(await build(sandbox, program, [name]), `${program}-linux-${name}`);
    const result = runProgram([...(await emulator(architecture)), file, ...args], { cwd: sandbox.dir, env });
    assert.equal((await result).code, 0, (await result).stderr);
    return (await result).stdout;
  };
  await run("pkitool", ["--add-operator", `operator-${name}`]);
  const state = await run("jamesd-ctl", ["get-state", "--id", name], sandbox.ctlEnv(`operator-${name}`));
  assert.match(state, new RegExp(`^- ${machine}$`, "m"));
}

/** What docs/executables.md says that the loader says. */
async function saysWhatIsMissing(sandbox: Sandbox, executable: string): Promise<void> {
  const less = sandbox.path("without-libatomic");
  sh("cp", "-a", await libraries("armhf"), less);
  sh("sh", "-c", 'rm "$1"/usr/lib/*/libatomic.so.1*', "sh", less);
  const { stderr } = await runProgram(["qemu-arm-static", "-L", less, executable, "--version"]);
  const message = "error while loading shared libraries: libatomic.so.1: cannot open shared object file";
  assert.ok(stderr.includes(message), stderr);
  assert.ok(readFileSync(DOCUMENT, "utf8").includes(message));
}

sweepTest(NAME, { skip: missing() }, async () => {
  const names = CHOSEN.map(({ name }) => name);
  await using sandbox = await Sandbox.create(names);
  const built = await build(sandbox, "jamesc", names);
  await sandbox.startServer();
  const boards: Board[] = [];
  for (const architecture of CHOSEN) {
    const make = IS_WHOLE && architecture.name === "armv7l" ? armhfBoard : folderBoard;
    boards.push(await make(sandbox, architecture, join(built, `jamesc-linux-${architecture.name}`)));
    await addVersions(sandbox, architecture);
  }

  await want(sandbox, "v1");
  for (const board of boards) {
    const { name, machine } = board.architecture;
    await well(board.checkIn());
    assert.match(await sandbox.ctlOk("get-state", "--id", name), new RegExp(`^- ${machine}$`, "m"));
    await has(sandbox, board, "v1");
    if (FOR_PEOPLE.includes(name)) await workForPeople(sandbox, board.architecture);
    if (name === "armv7l") await saysWhatIsMissing(sandbox, join(built, "jamesc-linux-armv7l"));
  }

  await want(sandbox, "v2");
  for (const board of boards) {
    writeFileSync(`${board.root}/kill`, "");
    const { code, signal, stderr } = await board.checkIn();
    assert.ok(signal === "SIGKILL" || code === 137, stderr);
  }
  // Without a server they can only recover.
  await sandbox.stopServer();
  for (const board of boards) {
    const { code, stderr } = await board.checkIn();
    assert.notEqual(code, 0, stderr);
    await has(sandbox, board, "v1");
  }

  await sandbox.startServer();
  for (const board of boards) {
    const log = await well(board.checkIn());
    assert.match(log, /"msg":"delta"/);
    assert.doesNotMatch(log, /"level":"warn"/, "what does not come right of a delta is fetched whole");
    await has(sandbox, board, "v2");
  }
});
