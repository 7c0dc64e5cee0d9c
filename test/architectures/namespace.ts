import { readlinkSync, writeFileSync } from "node:fs";
import { Program, type ProgramResult, waitFor } from "@jamesd/testkit";

/** What the kernel shall start programs of 32-bit ARM by; "F": found now, so that another root needs no copy of it. */
const MAGIC = "\\x7fELF\\x01\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\x28\\x00";
const MASK =
  "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff";
const RULE = `:qemu-arm:M::${MAGIC}:${MASK}:$(command -v qemu-arm-static):F`;

const WAIT = `until grep -q . /proc/self/uid_map && grep -q . /proc/self/gid_map; do sleep 0.05; done; exec "$@"`;
const UNSHARE = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
const PRELUDE = `set -e
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
printf %s "${RULE}" > /proc/sys/fs/binfmt_misc/register
`;

/**
 * Runs a shell script, as root, where programs of 32-bit ARM run as if they were this machine's, and nothing else of the
 * machine is touched: since Linux 6.7 each user namespace has rules of its own.
 */
export async function runWithArm(script: string, ...args: readonly string[]): Promise<ProgramResult> {
  const shell = ["nice", "sh", "-c", PRELUDE + script, "sh", ...args];
  const program = new Program(["unshare", "--user", "sh", "-c", WAIT, "sh", ...UNSHARE, ...shell]);
  const ours = readlinkSync("/proc/self/ns/user");
  await waitFor("a namespace", () => readlinkSync(`/proc/${program.pid}/ns/user`) !== ours || undefined);
  // All users and groups, as they are.
  for (const map of ["uid_map", "gid_map"]) writeFileSync(`/proc/${program.pid}/${map}`, "0 0 65536");
  return program.ended;
}
