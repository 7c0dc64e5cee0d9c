import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { cached, keep, Sandbox } from "@jamesd/testkit";
import type { Bench, Finding } from "../bench.ts";
import { timed } from "../install/command.ts";
import { halfCompressible } from "../install/content.ts";
import { median, quantile } from "../statistics.ts";
import { WaitingDevice, type Waits } from "./waits.ts";

/** How long devices wait while a large packet comes in, beside an idle server. */
export const BESIDE: Bench = { name: "transfer-beside", run };

/** Bytes of the packet, in millions: JAMESD_INGEST_MB=4500 is a large one. */
const MEGABYTES = Number(process.env.JAMESD_INGEST_MB ?? 600);
const LARGE_BYTES = 50_000_000;
const SMALL_FILES = 50_000;
const SMALL_BYTES = 500;
const FILES_A_FOLDER = 500;
const IDLE_MS = 10_000;

async function run(): Promise<Finding> {
  const archive = await pack();
  await using sandbox = await Sandbox.create(["device", "device-2"]);
  await sandbox.startServer("--log-level", "warn");
  await sandbox.ctlOk("add-packet", "--name", "small", "--data", await smallArchive(sandbox), "--tags", "v1");
  const device = new WaitingDevice(sandbox);
  const idle = await device.measure("small", setTimeout(IDLE_MS));
  const started = performance.now();
  const adding = sandbox.ctlOk("add-packet", "--name", "large", "--data", archive, "--tags", "v1");
  const busy = await device.measure("small", adding);
  const seconds = (performance.now() - started) / 1000;
  device.close();
  return {
    summary: `${MEGABYTES} MB in a tar.zst, half of which compresses away, of them ${SMALL_FILES} small files, are added in ${seconds.toFixed(0)} s (${(MEGABYTES / seconds).toFixed(0)} MB/s) while a device holds check-ins: milliseconds from asking for another desired state, which is written durably, to the answer of the held check-in, to that of who set it, and of unchanged check-ins of another device; beside the same before.`,
    columns: ["what", "how often", "median", "99 of 100", "longest"],
    rows: [
      ["held, idle server", ...figures(idle.held)],
      ["held, while it ingests", ...figures(busy.held)],
      ["set, idle server", ...figures(idle.set)],
      ["set, while it ingests", ...figures(busy.set)],
      ["small, idle server", ...figures(idle.small)],
      ["small, while it ingests", ...figures(busy.small)],
    ],
    notes: ["Server, command line and who measures share the machine."],
  };
}

function figures(waits: Waits["held"]): readonly string[] {
  const found = [median(waits), quantile(waits, 0.99), Math.max(...waits)];
  return [`${waits.length}`, ...found.map((ms) => ms.toFixed(1))];
}

async function pack(): Promise<string> {
  const tree = await keep(cached("beside", `${MEGABYTES}`), async (root) => {
    for (let number = 0; number < SMALL_FILES; number++)
      write(
        join(root, "opt", "small", `${Math.floor(number / FILES_A_FOLDER)}`, `${number}`),
        number,
        SMALL_BYTES,
      );
    const large = Math.round((MEGABYTES * 1e6 - SMALL_FILES * SMALL_BYTES) / LARGE_BYTES);
    for (let number = 0; number < large; number++)
      write(join(root, "opt", "large", `${number}`), SMALL_FILES + number, LARGE_BYTES);
  });
  return keep(cached("beside", `${MEGABYTES}.tar.zst`), (part) =>
    timed("sh", "-c", 'tar -cf - -C "$0" . | zstd -q -3 -o "$1"', tree, part),
  );
}

function write(path: string, seed: number, bytes: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, halfCompressible(seed, bytes));
}

function smallArchive(sandbox: Sandbox): Promise<string> {
  return sandbox.pack("small", { "opt/small": "a small file\n" });
}
