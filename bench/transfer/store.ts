import { fetchRelease, type Release, runProgram, Sandbox } from "@jamesd/testkit";
import type { Bench, Finding } from "../bench.ts";
import { bytesOf, pack } from "./pair.ts";
import { ESBUILD, TYPESCRIPT } from "./releases.ts";

/** What twenty successive versions of one packet take on the server's disk. */
export const STORE: Bench = { name: "transfer-store", run };

async function run(): Promise<Finding> {
  return {
    summary:
      "The server's data folder with twenty successive releases as packets, stopped, beside the sum of their tar.xz (`xz -6`).",
    columns: ["packet", "versions", "tar.xz bytes", "data bytes", "ratio", "data on disk", "ratio"],
    rows: [await row("TypeScript", TYPESCRIPT), await row("esbuild", ESBUILD)],
    notes: [],
  };
}

async function row(title: string, releases: readonly Release[]): Promise<readonly string[]> {
  await using sandbox = await Sandbox.create();
  await sandbox.startServer("--log-level", "warn");
  let packed = 0;
  for (const release of releases) {
    const { version } = release;
    const { archive } = await pack(`${title}-${version}`, await fetchRelease(release));
    packed += bytesOf(archive);
    await sandbox.ctlOk("add-packet", "--name", "packet", "--data", archive, "--tags", version);
  }
  await sandbox.stopServer();
  const data = sandbox.path("data");
  const [apparent, blocks] = [await diskUsage(data, "--apparent-size"), await diskUsage(data)];
  const figures = [apparent, blocks].flatMap((bytes) => [`${bytes}`, (bytes / packed).toFixed(2)]);
  return [title, `${releases.length}`, `${packed}`, ...figures];
}

async function diskUsage(folder: string, ...flags: readonly string[]): Promise<number> {
  const { stdout } = await runProgram(["du", "-s", "--block-size=1", ...flags, folder]);
  return Number.parseInt(stdout, 10);
}
