import { setTimeout as sleep } from "node:timers/promises";
import type { BrowserContext } from "playwright-core";
import { cpuMs } from "../process-usage.ts";
import { heldBytes, type MeasuredBrowser } from "./browser.ts";
import { makeEvents } from "./events.ts";
import { type Load, loadPage } from "./page-load.ts";
import type { Scene } from "./scene.ts";

/** What a page does when it has just come is over by then. */
const SETTLE_MS = 5_000;
const IDLE_MS = 60_000;

/** Processor time of each, in milliseconds, or in percent of a core. */
export interface Usage {
  readonly browser: number;
  readonly server: number;
  readonly dashboard: number;
}

/** Somebody whom a dashboard has let in, with a browser that others use as well. */
export class Visitor {
  readonly #scene: Scene;
  readonly #browser: MeasuredBrowser;
  readonly #origin: string;
  readonly #known: Awaited<ReturnType<BrowserContext["storageState"]>>;

  private constructor(
    scene: Scene,
    browser: MeasuredBrowser,
    origin: string,
    known: Awaited<ReturnType<BrowserContext["storageState"]>>,
  ) {
    this.#scene = scene;
    this.#browser = browser;
    this.#origin = origin;
    this.#known = known;
  }

  static async enter(scene: Scene, browser: MeasuredBrowser): Promise<Visitor> {
    const profile = await browser.profile();
    await loadPage(profile, scene.address);
    const { origin } = new URL(scene.address);
    const visitor = new Visitor(scene, browser, origin, await profile.storageState());
    await profile.close();
    return visitor;
  }

  /** Loads a page in a profile of its own. */
  async load(path: string): Promise<Load & { readonly cpu: Usage }> {
    const profile = await this.#browser.profile(this.#known);
    const before = this.#used();
    const load = await loadPage(profile, this.#origin + path);
    const cpu = difference(this.#used(), before);
    await profile.close();
    return { ...load, cpu };
  }

  /** What is used of a core, in percent, while a page is open and nothing happens. @param path undefined: a blank page */
  async idle(path?: string): Promise<Usage> {
    const profile = await this.#browser.profile(this.#known);
    if (path === undefined) await profile.newPage();
    else await loadPage(profile, this.#origin + path);
    await sleep(SETTLE_MS);
    const before = this.#used();
    await sleep(IDLE_MS);
    const used = difference(this.#used(), before);
    await profile.close();
    const percent = (ms: number): number => (ms / IDLE_MS) * 100;
    const { browser, server, dashboard } = used;
    return { browser: percent(browser), server: percent(server), dashboard: percent(dashboard) };
  }

  /** Bytes that the list of devices holds: when it has come, and when so many events have come through. */
  async held(events: number): Promise<{ readonly before: number; readonly after: number }> {
    const profile = await this.#browser.profile(this.#known);
    await loadPage(profile, `${this.#origin}/devices`);
    const [page] = profile.pages();
    if (!page) throw new Error("there is no page");
    const before = await heldBytes(page);
    await makeEvents(this.#scene.sandbox, events);
    await sleep(SETTLE_MS);
    const after = await heldBytes(page);
    await profile.close();
    return { before, after };
  }

  #used(): Usage {
    const { server, dashboard } = this.#scene;
    return { browser: this.#browser.cpuMs, server: cpuMs(server.pid), dashboard: cpuMs(dashboard.pid) };
  }
}

function difference(one: Usage, other: Usage): Usage {
  return {
    browser: one.browser - other.browser,
    server: one.server - other.server,
    dashboard: one.dashboard - other.dashboard,
  };
}
