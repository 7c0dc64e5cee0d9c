import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort, Program, requireTool, runProgram, Sandbox, skipUnless, waitFor } from "@jamesd/testkit";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const OPERATIONS = readFileSync(join(REPOSITORY, "docs/operations.md"), "utf8");
const SYSTEM_PATH = (process.env.PATH ?? "").split(delimiter).filter((dir) => !dir.includes("node_modules"));
const skip = skipUnless(process.getuid?.() === 0, "needs root") || requireTool("unshare", "mount", "useradd");

/** The commands of a chapter, as the text has them. */
function commands(chapter: string): string {
  const text = OPERATIONS.split("\n## ").find((part) => part.startsWith(`${chapter}\n`)) ?? "";
  return [...text.matchAll(/```bash\n([\s\S]*?)```/g)].map(([, block]) => block).join("");
}

/** The file that docs/configuration.md shows. */
const YAML = /```yaml\n# \/etc\/jamesc\/jamesc.yaml\n([\s\S]*?)```/.exec(
  readFileSync(join(REPOSITORY, "docs/configuration.md"), "utf8"),
)?.[1];

/** Folders of a machine that begin as they are here; what npm and install-service write is among them. */
const OWN = "etc usr/local/bin usr/local/lib usr/local/share";

/**
 * A machine of its own as far as folders go; in place of systemd, the ExecStart of the unit that was to be started is
 * started as its User. The units under a real systemd: systemd.test.ts.
 */
function machine(name: string, unitVariables: string, script: string): string {
  return `set -e
for dir in ${OWN} var/lib; do mkdir -p ${name}/$dir /$dir; done
for dir in ${OWN}; do cp -a /$dir/. ${name}/$dir/; done
for dir in ${OWN} var/lib; do mount --bind ${name}/$dir /$dir; done
mount -t tmpfs none /run
mkdir -p /etc/systemd/system /run/systemd/system
cat > /usr/local/bin/systemctl <<'END'
#!/bin/sh
case $1 in start | restart) echo "\${2%.service}" > /run/started ;; esac
END
chmod 755 /usr/local/bin/systemctl
${script}
unit=/etc/systemd/system/$(cat /run/started).service
said() { sed -n "s/^$1=//p" $unit; }
install -d -o $(said User) -m 700 /var/lib/$(said StateDirectory)
exec runuser -u $(said User) -- env - PATH="$PATH" ${unitVariables} $(said ExecStart)
`;
}

test("the commands of docs/operations.md set up a server and a device", { skip }, async () => {
  await using sandbox = await Sandbox.create();
  const root = sandbox.path("work");
  mkdirSync(root);
  const packed = [
    process.execPath,
    join(REPOSITORY, "scripts/pack.ts"),
    "--out",
    join(root, "dist"),
    "--only",
    "npm",
  ];
  assert.equal((await runProgram(packed, { env: process.env })).code, 0);
  const [keys = "", server = ""] = commands("The server").split(/(?=npm install)/);
  const env = { ...process.env, PATH: [join(REPOSITORY, "bin"), ...SYSTEM_PATH].join(delimiter) };
  const made = await runProgram(["bash", "-ec", keys], { cwd: root, env });
  assert.equal(made.code, 0, made.stderr);
  cpSync(join(root, "pki"), sandbox.path("pki"), { recursive: true });

  const address = `127.0.0.1:${await freePort()}`;
  const start = (name: string, variables: string, script: string): Program =>
    new Program(["unshare", "--mount", "bash", "-c", machine(sandbox.path(name), variables, script)], {
      cwd: root,
      env: { ...process.env, PATH: ["/usr/local/bin", ...SYSTEM_PATH].join(delimiter) },
    });
  const jamesd = start("server", `JAMESD_ADDR=${address}`, server);
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => void (await jamesd.stop()));
  await jamesd.says("ready");
  // Another machine: its own folders, and the file as docs/configuration.md has it.
  const write = `install -d /etc/jamesc\ncat > /etc/jamesc/jamesc.yaml <<'END'\n${YAML}END\n`;
  const jamesc = start(
    "device",
    `JAMESC_ADDR=${address} JAMESC_INSTALL_ROOT=${sandbox.path("work")}`,
    `${write}${commands("Devices")}`,
  );
  stack.defer(async () => void (await jamesc.stop()));
  await waitFor("the device to be there", async () => {
    const ctl = ["jamesd-ctl", "list-systems", "--server", address, ...sandbox.credentials("alice")];
    const { stdout } = await runProgram(ctl, { env });
    return /device-1/.test(stdout) || undefined;
  });
});
