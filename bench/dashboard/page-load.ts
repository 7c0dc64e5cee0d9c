import { setTimeout as sleep } from "node:timers/promises";
import type { BrowserContext } from "playwright-core";

const LOOK_MS = 20;
const HUNG_MS = 120_000;

/**
 * In the page: when all devices are there it types a filter, and looks when the answer was painted. Looked at by each
 * picture, so that nothing is watched in between.
 */
const PROBE = `(() => {
  const marks = (globalThis.benchMarks = {});
  const look = () => {
    const said = document.querySelector(".found")?.textContent ?? "";
    if (!marks.all && /^[\\d,]+ device/.test(said) && !said.includes("so far")) {
      marks.all = performance.now();
      const field = document.querySelector("input[type=search]");
      field.value = "id:none";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (marks.all && / of /.test(said)) setTimeout(() => (marks.usable = performance.now()));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()`;

/** How a page came to be there, in milliseconds since it was asked for. */
export interface Load {
  readonly firstPaint: number;
  /** All rows are there; undefined: of a page that has none. */
  readonly all: number | undefined;
  /** The filter has answered. */
  readonly usable: number | undefined;
  /** Bytes of the page and what it consists of, as they were sent. */
  readonly codeBytes: number;
  /** The same of what the server was asked for. */
  readonly dataBytes: number;
}

/** Loads a page in a profile that has nothing of it yet. */
export async function loadPage(profile: BrowserContext, address: string): Promise<Load> {
  const page = await profile.newPage();
  const hasRows = new URL(address).pathname === "/devices";
  if (hasRows) await page.addInitScript(PROBE);
  await page.goto(address);
  for (const until = performance.now() + HUNG_MS; ; await sleep(LOOK_MS)) {
    const load = await page.evaluate<Load>(`(() => {
      const paint = performance.getEntriesByName("first-contentful-paint")[0];
      const came = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
      const bytesOf = (isData) =>
        came
          .filter(({ name }) => name.includes("/v1/") === isData)
          .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
      const [codeBytes, dataBytes] = [bytesOf(false), bytesOf(true)];
      return { firstPaint: paint?.startTime ?? 0, ...globalThis.benchMarks, codeBytes, dataBytes };
    })()`);
    if (load.firstPaint > 0 && (!hasRows || load.usable !== undefined)) return load;
    if (performance.now() > until) throw new Error(`${address} did not come to be there`);
  }
}
