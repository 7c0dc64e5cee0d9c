import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const OPENER = process.platform === "darwin" ? "open" : "xdg-open";

/**
 * Opens an address in this person's browser, by a page that nobody else can read: the arguments of programs are for
 * everybody on the machine to see (proc(5)), and the address lets in whoever comes first. Where there is no browser, or no
 * desktop to open one on, nothing happens. @returns what removes the page
 */
export function openBrowser(address: string, opener = OPENER): () => void {
  const folder = mkdtempSync(join(tmpdir(), "jamesd-dashboard-"));
  const page = join(folder, "dashboard.html");
  writeFileSync(page, `<!doctype html><meta http-equiv="refresh" content="0; url=${address}">\n`, {
    mode: 0o600,
  });
  const child = spawn(opener, [page], { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
  return () => rmSync(folder, { recursive: true, force: true });
}
