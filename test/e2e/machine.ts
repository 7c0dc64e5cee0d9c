import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ProgramResult, requireTool, runProgram, skipUnless } from "@jamesd/testkit";

/** Where a machine has the checkout, as long as it runs. */
export const CHECKOUT = "/opt/checkout";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
/** What a unit says last of all; that of a machine's trial, which then puts the machine off. */
const TRIAL = `[Unit]
After=basic.target dbus.service
[Service]
Type=oneshot
TimeoutStartSec=120
StandardOutput=file:/output
StandardError=file:/output
ExecStart=/bin/bash -ec /trial
ExecStopPost=/bin/systemctl poweroff --force
[Install]
WantedBy=multi-user.target
`;

/** Waits in a script until systemd, or a log, says of a unit what it should. */
export const UNTIL = `until_true() {
  unit=$1
  shift
  for _ in $(seq 300); do
    if "$@"; then return; fi
    sleep 0.2
  done
  echo "not so: $*"
  systemctl status --no-pager --full "$unit"
  journalctl --no-pager --unit "$unit"
  return 1
}
shows() { [ "$(systemctl show "$1" --property "$2" --value)" = "$3" ]; }
differs() { ! shows "$@"; }
logged() { journalctl --no-pager --unit "$1" | grep -q "$2"; }
until_shows() { until_true "$1" shows "$@"; }
until_differs() { until_true "$1" differs "$@"; }
until_logged() { until_true "$1" logged "$@"; }
`;

/** What packages are unpacked into and written down in. */
const CHANGEABLE = ["/usr", "/var/lib/dpkg"];

function overlay(path: string, changed: string): string {
  mkdirSync(join(changed, path), { recursive: true });
  return `--overlay=${path}:${join(changed, path)}:${path}`;
}

/**
 * A machine with this system's programs (`/usr`, read only) and folders of its own, which systemd starts in a container
 * when it is told to.
 */
export class Machine {
  readonly root: string;
  readonly #usr: readonly string[];
  readonly #changed: string | undefined;

  /** @param changed the folder for what is changed of this system's `/usr` and its packages there; left out, nothing may be */
  constructor(root: string, changed?: string) {
    this.root = root;
    this.#changed = changed;
    this.#usr = changed === undefined ? ["--bind-ro=/usr"] : CHANGEABLE.map((path) => overlay(path, changed));
    for (const folder of ["etc/pam.d", "usr", "var/lib", "run", "tmp", "proc", "sys", "dev", "root"])
      mkdirSync(join(root, folder), { recursive: true });
    for (const folder of ["bin", "sbin", "lib", "lib64"]) symlinkSync(`usr/${folder}`, join(root, folder));
    for (const file of ["passwd", "group", "shadow", "hosts", "nsswitch.conf", "os-release", "pam.d"])
      cpSync(`/etc/${file}`, join(root, "etc", file), { recursive: true, dereference: true });
    this.write("etc/machine-id", "");
  }

  /** Writes a file of the machine. */
  write(path: string, text: string, mode = 0o644): void {
    const full = join(this.root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text, { mode });
  }

  /** Starts it, runs a script of bash when it is up, and puts it off. @returns what the script wrote */
  async run(trial: string): Promise<string> {
    // What was put into its own `/usr` lies on top of this system's.
    if (this.#changed !== undefined)
      cpSync(join(this.root, "usr"), join(this.#changed, "usr"), { recursive: true });
    this.write("trial", `#!/bin/bash\nset -e\n${trial}`, 0o755);
    this.write("etc/systemd/system/trial.service", TRIAL);
    const wanted = join(this.root, "etc/systemd/system/multi-user.target.wants");
    mkdirSync(wanted, { recursive: true });
    symlinkSync("/etc/systemd/system/trial.service", join(wanted, "trial.service"));
    const { stdout, stderr } = await this.#boot("multi-user.target");
    try {
      return readFileSync(join(this.root, "output"), "utf8");
    } catch {
      throw new Error(`the machine did not start: ${stdout}${stderr}`);
    }
  }

  /** Starts it and puts it off at once. @returns what was said when that did not go well */
  async try(): Promise<string | undefined> {
    const { code, stdout, stderr } = await this.#boot("poweroff.target");
    return code === 0 ? undefined : `${stdout}${stderr}`.trim();
  }

  #boot(unit: string): Promise<ProgramResult> {
    const folders = [`--directory=${this.root}`, ...this.#usr, `--bind-ro=${REPOSITORY}:${CHECKOUT}`];
    const alone = ["--quiet", "--register=no", "--keep-unit", "--private-network", "--console=pipe"];
    const command = ["systemd-nspawn", ...alone, ...folders, "--boot", `systemd.unit=${unit}`];
    return runProgram(command, { env: process.env });
  }
}

/** Why no machine can be started here, or false. */
export const noMachine =
  skipUnless(process.getuid?.() === 0, "needs root") ||
  requireTool("systemd-nspawn", "dbus-daemon") ||
  (await notAllowed());

// In CI as well: what a kernel, or a container around, does not allow can be installed by nobody.
async function notAllowed(): Promise<string | false> {
  const root = mkdtempSync(join(tmpdir(), "jamesd-machine-"));
  try {
    const problem = await new Machine(root).try();
    return problem !== undefined && `systemd-nspawn starts no machine here: ${problem}`;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
