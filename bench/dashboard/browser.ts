import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { CHROMIUM, Program } from "@jamesd/testkit";
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from "playwright-core";
import { treeCpuMs } from "../process-usage.ts";

/** What it does by itself is not measured. */
const QUIET = [
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-extensions",
  "--disable-sync",
];
const LISTENING = "DevTools listening on ";
const WINDOW = { width: 1280, height: 800 };

/** A real browser without a window, of which all processes are known. */
export class MeasuredBrowser implements AsyncDisposable {
  readonly #program: Program;
  readonly #browser: Browser;

  private constructor(program: Program, browser: Browser) {
    this.#program = program;
    this.#browser = browser;
  }

  /** False where there is none. */
  static get isHere(): boolean {
    return existsSync(CHROMIUM);
  }

  /** @param folder in which it keeps what it needs */
  static async open(folder: string): Promise<MeasuredBrowser> {
    const own = ["--remote-debugging-port=0", `--user-data-dir=${folder}`];
    const program = new Program([CHROMIUM, "--headless", "--no-sandbox", ...QUIET, ...own, "about:blank"]);
    await program.says(LISTENING);
    const [, address = ""] = program.stderr.split(LISTENING);
    const browser = await chromium.connectOverCDP(address.split("\n")[0] ?? "");
    return new MeasuredBrowser(program, browser);
  }

  /** Processor time of all its processes until now. */
  get cpuMs(): number {
    return treeCpuMs(this.#program.pid);
  }

  /** A profile that was never here before. @param known what another one was told, so that it is let in */
  profile(known?: Awaited<ReturnType<BrowserContext["storageState"]>>): Promise<BrowserContext> {
    return this.#browser.newContext({ viewport: WINDOW, ...(known && { storageState: known }) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await this.#program.stop("SIGKILL");
  }
}

/** Bytes that a page holds, after what it does not need is gone: objects, what they refer to outside, and the document. */
export async function heldBytes(page: Page): Promise<number> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.enable");
  for (let i = 0; i < 3; i += 1) {
    await session.send("HeapProfiler.collectGarbage");
    await sleep(100);
  }
  const usage = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usage.usedSize + usage.embedderHeapUsedSize + usage.backingStorageSize;
}
