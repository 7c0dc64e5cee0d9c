import { spawnSync } from "node:child_process";
import { accessSync, constants, realpathSync } from "node:fs";
import { basename } from "node:path";
import { JamesError } from "@jamesd/model";

/** Where tools are looked for: nobody but root puts anything there. */
const FOLDERS = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const ATTRIBUTE = "security.capability";
/** Where the child process finds what it is given. */
const GIVEN = "/proc/self/fd/3";
const BITS = 64;

/**
 * File capabilities (capabilities(7)), as hexadecimal digits of the attribute. Node cannot set attributes: tools of the
 * device do. Those of attr(5) take a file that is open, those of libcap need its name.
 */
type Tool = "setfattr" | "getfattr" | "setcap" | "getcap";

/** Sees that files can be given capabilities here. `path` is one that is to have some. @throws JamesError DEVICE_IO */
export function checkCapable(path: string): void {
  const what = `cannot give /${path} its file capabilities`;
  if (process.geteuid?.() !== 0)
    throw new JamesError("DEVICE_IO", `${what}: jamesc is not root`, { hint: "Run jamesc as root." });
  if (!find("setfattr") && !find("setcap")) throw noTool(`${what}: neither setfattr nor setcap is there`);
}

/** Gives capabilities to files in an open directory that is the agent's own. @throws JamesError DEVICE_IO */
export function setCapabilities(directory: number, names: readonly string[], capability: string): void {
  const paths = names.map((name) => `${GIVEN}/${name}`);
  const tool = find("setfattr");
  if (tool) run(tool, ["-h", "-n", ATTRIBUTE, "-v", `0x${capability}`, ...paths], directory);
  else {
    const setcap = find("setcap");
    if (!setcap) throw noTool("neither setfattr nor setcap is there any more");
    const text = capabilityText(capability);
    run(
      setcap,
      paths.flatMap((path) => [text, path]),
      directory,
    );
  }
}

/** Gives capabilities to an open file, whose name may be another file's by now. @throws JamesError DEVICE_IO */
export function setCapability(file: number, capability: string): void {
  const tool = find("setfattr");
  if (!tool) throw noTool("a file with capabilities can be copied to another file system only with setfattr");
  run(tool, ["-n", ATTRIBUTE, "-v", `0x${capability}`, GIVEN], file);
}

/** True when the device has a tool that shows capabilities. */
export function knowsCapabilities(): boolean {
  return find("getfattr") !== undefined || find("getcap") !== undefined;
}

/** The capabilities of an open file; undefined when it has none, or the device has no tool that knows of them. @throws JamesError DEVICE_IO when it has some that cannot be read */
export function getCapability(file: number): string | undefined {
  const tool = find("getfattr");
  if (tool) {
    const text = run(tool, ["--absolute-names", "-d", "-e", "hex", "-m", `^${ATTRIBUTE}$`, GIVEN], file);
    return /=0x([0-9a-f]+)$/m.exec(text)?.[1];
  }
  const getcap = find("getcap");
  if (!getcap || run(getcap, [GIVEN], file).trim() === "") return undefined;
  throw noTool("the capabilities of a file can be copied only with getfattr and setfattr");
}

/** Capabilities as setcap takes them: a clause for each bit, by number. */
export function capabilityText(capability: string): string {
  const bytes = Buffer.from(capability, "hex");
  const effective = (bytes[0] ?? 0) === 1 ? "e" : "";
  const has = (bit: number, set: "permitted" | "inheritable"): boolean => {
    const word = 4 + (bit >> 5) * 8 + (set === "permitted" ? 0 : 4);
    return ((bytes.readUInt32LE(word) >>> (bit & 31)) & 1) === 1;
  };
  const clauses = Array.from({ length: BITS }, (_, bit) => {
    const sets = `${has(bit, "inheritable") ? "i" : ""}${has(bit, "permitted") ? "p" : ""}`;
    return sets === "" ? [] : [`${bit}=${effective}${sets}`];
  });
  return ["=", ...clauses.flat()].join(" ");
}

// busybox has a setfattr that takes text only.
function find(tool: Tool): string | undefined {
  return FOLDERS.map((folder) => `${folder}/${tool}`).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return basename(realpathSync(path)) !== "busybox";
    } catch {
      return false;
    }
  });
}

function run(tool: string, args: readonly string[], given: number): string {
  const { status, stdout, stderr, error } = spawnSync(tool, args, {
    cwd: "/",
    env: { PATH: FOLDERS.join(":"), LC_ALL: "C" },
    stdio: ["ignore", "pipe", "pipe", given],
    encoding: "utf8",
  });
  if (error) throw error;
  if (status === 0) return stdout;
  const said = stderr.trim().split("\n", 1)[0]?.split(": ").at(-1) ?? "";
  throw new JamesError("DEVICE_IO", `${basename(tool)} failed: ${said}`, {
    hint: "See whether its file system keeps them (vfat and NFS do not).",
  });
}

function noTool(message: string): JamesError {
  return new JamesError("DEVICE_IO", message, {
    hint: "Install attr (setfattr) or libcap (setcap) on the device.",
  });
}
