import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A Node 20 that the system has, the oldest that the agent has to run on; the checkout's own is a newer one. */
export function systemNode(): string | undefined {
  return [...(process.env.PATH ?? "").split(delimiter), "/usr/bin", "/usr/local/bin"]
    .filter((folder) => !folder.includes("node_modules"))
    .map((folder) => join(folder, "node"))
    .find((node) => existsSync(node) && isNode20(node));
}

function isNode20(node: string): boolean {
  return spawnSync(node, ["--version"], { encoding: "utf8" }).stdout?.startsWith("v20.");
}
