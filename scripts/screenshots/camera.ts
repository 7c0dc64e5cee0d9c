import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CHROMIUM, waitFor } from "@jamesd/testkit";
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";
import type { Demo } from "./demo.ts";
import type { Picture } from "./pictures.ts";
import type { Scene } from "./scene.ts";

/** In CSS pixels: so wide that nothing wraps, and no wider than what a page of documentation shows. */
const WIDE = 1080;
const NARROW = 390;
/** What is further down on a page is not shown. */
const MOST_HEIGHT = 1100;
const HEIGHT = 640;
/** Text stays sharp, and all pictures together small. */
const QUALITY = 60;

/** A browser at the dashboard of an operator, who may write. */
export class Camera implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #devtools: CDPSession;
  readonly #origin: string;

  private constructor(browser: Browser, page: Page, devtools: CDPSession) {
    this.#browser = browser;
    this.#page = page;
    this.#devtools = devtools;
    this.#origin = new URL(page.url()).origin;
  }

  static async open(demo: Demo): Promise<Camera> {
    const address = await demo.dashboard();
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    const page = await browser.newPage();
    await page.goto(address);
    await page.getByRole("heading", { name: "Fleet" }).waitFor();
    return new Camera(browser, page, await page.context().newCDPSession(page));
  }

  /** Writes a picture to `FOLDER/NAME.webp`. */
  async take(picture: Picture, scene: Scene, folder: string): Promise<void> {
    const { name, path, shows, isDark, isNarrow, first } = picture;
    const page = this.#page;
    const width = isNarrow ? NARROW : WIDE;
    await page.emulateMedia({ colorScheme: isDark ? "dark" : "light" });
    await page.setViewportSize({ width, height: HEIGHT });
    await page.goto(this.#origin + path(scene));
    await page.getByText(shows).first().waitFor();
    await first?.(page);
    await waitFor("all parts of the page", async () =>
      (await page.getByText(/^…$/).filter({ visible: true }).count()) === 0 ? true : undefined,
    );
    await page.setViewportSize({ width, height: await heightOf(page) });
    // Chromium writes WebP, which is half as long as a PNG; Playwright has no name for it.
    const { data } = await this.#devtools.send("Page.captureScreenshot", {
      format: "webp",
      quality: QUALITY,
    });
    writeFileSync(join(folder, `${name}.webp`), Buffer.from(data, "base64"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

async function heightOf(page: Page): Promise<number> {
  const height = await page.evaluate<number>("document.documentElement.scrollHeight");
  return Math.min(MOST_HEIGHT, Math.max(HEIGHT, height));
}
