import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import { readTree, requireTool, sh, skipUnless } from "@jamesd/testkit";
import { codedError, deviceError, named } from "../../../src/transaction/disk/device-error.ts";
import type { TransactionEvent } from "../../../src/transaction/event.ts";
import { type Fetching, tryToSave } from "../../../src/transaction/fetch/remote.ts";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

/** As Node makes them. */
function refused(errno: string, path?: string): Error {
  const detail = path === undefined ? "" : ` '${path}'`;
  const error = new Error(`${errno}: some words of the system, rename${detail}`);
  return Object.assign(error, { code: errno, syscall: "rename", ...(path !== undefined && { path }) });
}

test("every error of the system names what was done to what, and a way out", () => {
  for (const errno of Object.keys(constants.errno)) {
    const error = named("move away", "/etc/hosts", refused(errno, "/proc/self/fd/29/hosts"));
    assert.ok(error instanceof JamesError);
    assert.match(error.message, new RegExp(`^cannot move away /etc/hosts: [^/]+ \\(${errno}\\)$`));
    assert.ok(error.hint, errno);
    assert.equal(error.code, ["ENOSPC", "EDQUOT"].includes(errno) ? "STORAGE_FULL" : "DEVICE_IO");
  }
});

test("no error shows a path that only the agent could follow", () => {
  const error = deviceError(refused("EBUSY", "/proc/self/fd/29/etc/hosts"));
  assert.equal(error.message, "rename …/etc/hosts: it is a mount point, or in use by the system (EBUSY)");
  assert.ok(error.hint);
  assert.match(deviceError(refused("EIO", "/var/lib/jamesc/state.json")).message, /\/var\/lib\/jamesc/);
  assert.equal(deviceError(refused("ENOSPC")).code, "STORAGE_FULL");
  assert.match(deviceError(refused("EOWNERDEAD")).message, /some words of the system/);
});

const SOURCE = join(import.meta.dirname, "../../../src");
/** What these catch is the network's. */
const OF_THE_NETWORK = ["daemon.ts", join("transaction", "disk", "device-error.ts")];

test("what the system refuses is INTERNAL nowhere in the agent", async () => {
  for (const errno of Object.keys(constants.errno)) {
    const error = codedError(refused(errno, "/var/lib/jamesc/fetched"));
    assert.match(error.code, /^(DEVICE_IO|STORAGE_FULL)$/);
    assert.ok(error.hint, errno);
  }
  assert.equal(codedError(new TypeError("a fault of ours")).code, "INTERNAL");
  // What is wrong with what only saves bytes, as a delta, is logged.
  for (const errno of ["EROFS", "ENOSPC", "EDQUOT", "EACCES", "EIO", "EMFILE", "ENOMEM"]) {
    const said: TransactionEvent[] = [];
    const fetching = {
      log: (event: TransactionEvent) => said.push(event),
      signal: NEVER,
    } as unknown as Fetching;
    await tryToSave("delta", fetching, () => Promise.reject(refused(errno, "/var/lib/jamesc/fetched/x")));
    const { code, hint } = said[0]?.error as { code: string; hint?: string };
    assert.equal(code, /^ENOSPC|EDQUOT/.test(errno) ? "STORAGE_FULL" : "DEVICE_IO");
    assert.ok(hint);
  }
  const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  assert.ok(files.length > 100);
  const wrapping = files.filter((name) =>
    /JamesError\.from\(/.test(readFileSync(join(SOURCE, name), "utf8")),
  );
  assert.deepEqual(wrapping.sort(), OF_THE_NETWORK, "codedError knows what the system says");
});

test("what is no error of the system passes through", () => {
  const coded = new JamesError("TRANSACTION_FAILED", "changed");
  const others = [coded, new Error("other"), Object.assign(new Error("x"), { code: "ERR_STREAM_X" })];
  for (const thrown of others) assert.equal(named("read", "/x", thrown), thrown);
  assert.equal(deviceError(new Error("other")).message, "other");
});

const skip = requireTool("mount", "umount") || skipUnless(process.getuid?.() === 0, "needs root to mount");

test("a file that is a mount point cannot be replaced: it is named, and nothing changes", {
  skip,
}, async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const packet = shelf.add("net", { "etc/hosts": "packet\n", "etc/other": "1\n" });
  const at = join(bench.root, "etc", "hosts");
  mkdirSync(join(bench.root, "etc"));
  writeFileSync(at, "host\n");
  writeFileSync(join(bench.dir, "mounted"), "mounted\n");
  const device = await bench.open();
  sh("mount", "--bind", join(bench.dir, "mounted"), at);
  try {
    const plan = planFor([], [packet], shelf, 1, { policy: { unowned: "overwrite" } });
    const { error } = await device.carryOut(plan, shelf, NEVER);
    assert.match(error?.message ?? "", /^cannot move away \/etc\/hosts: .*\(EBUSY\)$/);
    assert.match(error?.hint ?? "", /findmnt/);
    assert.equal(readFileSync(at, "utf8"), "mounted\n");
  } finally {
    sh("umount", at);
  }
  assert.deepEqual(Object.keys(readTree(bench.root)), ["etc", "etc/hosts"]);
});
