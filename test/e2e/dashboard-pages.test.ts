import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, suite, test } from "node:test";
import { CHROMIUM, type Program, Sandbox, skipUnless, waitFor } from "@jamesd/testkit";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { faultsOf, pressAtOnce, WATCH_TROUBLE } from "./browsing.ts";

/** What a device may say. */
const HOSTILE = "<img src=x onerror=document.title='owned'>";

/** Opens a dashboard in a browser of its own. */
async function open(
  browser: Browser,
  program: Program,
): Promise<{ context: BrowserContext; page: Page; origin: string }> {
  await program.says("#token=");
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, acceptDownloads: true });
  const page = await context.newPage();
  await page.goto(program.stdout.trim());
  await page.getByRole("heading", { name: "Fleet" }).waitFor();
  return { context, page, origin: new URL(page.url()).origin };
}

/** The ids that a list of devices shows, in their order. */
function idsOf(page: Page): Promise<readonly string[]> {
  return page.locator("td.c-id a").allTextContents();
}

/** Waits until a list shows just these. */
async function shows(page: Page, ids: readonly string[]): Promise<void> {
  let seen: readonly string[] = [];
  await waitFor("the devices", async () => {
    seen = await idsOf(page);
    return seen.join() === ids.join() ? true : undefined;
  }).catch((thrown) => assert.deepEqual(seen, ids, String(thrown)));
}

suite("the pages of the dashboard", { skip: skipUnless(existsSync(CHROMIUM), "needs chromium") }, () => {
  let sandbox: Sandbox;
  let browser: Browser;

  before(async () => {
    sandbox = await Sandbox.create(["cam-1", "gw-1", "gw-2"]);
    await sandbox.startServer();
    const archive = await sandbox.pack("web", { "srv/index.html": "hi" });
    const script = sandbox.write("fail.sh", `#!/bin/sh\necho "${HOSTILE}"\nexit 3\n`);
    const packet = ["--name", "web", "--tags", "v1", "--data", archive, "--postinst", script];
    await sandbox.ctlOk("add-packet", ...packet);
    const spec = sandbox.write(
      "spec.yaml",
      "kind: spec\nid: cams\nselector: [cam]\napps:\n  - name: web\n    tags: [v1]\n",
    );
    await sandbox.ctlOk("apply", "--file", spec, "--yes");
    await sandbox.runAgentOnce("cam-1", ["cam", "lab"]);
    for (const id of ["gw-1", "gw-2"]) assert.equal((await sandbox.runAgentOnce(id, ["gw"])).code, 0);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  });
  after(async () => {
    await browser?.close();
    await sandbox?.[Symbol.asyncDispose]();
  });

  test("by keyboard alone a device is found, marked and opened; what is marked stays so while the fleet changes", async () => {
    const { context, page } = await open(browser, sandbox.startCtl("dashboard", "--no-open"));
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    await shows(page, ["cam-1", "gw-1", "gw-2"]);
    await page.keyboard.press("/");
    await page.keyboard.type("-tag:lab colour:red");
    await shows(page, ["gw-1", "gw-2"]);
    assert.match(page.url(), /\/devices\?q=-tag%3Alab\+colour%3Ared$/);
    assert.match(await page.locator(".found").innerText(), /^2 of 3 devices/);
    assert.match(await page.locator("#filter-problems").innerText(), /colour:red: known are sync/);
    await page.keyboard.press("Escape");
    for (const key of ["j", "j", "x"]) await page.keyboard.press(key);
    await page.getByText("1 marked").waitFor();
    await sandbox.ctlOk("tag-device", "--id", "gw-1", "--add", "lab", "--yes");
    await shows(page, ["gw-2"]);
    assert.equal(await page.locator("tr[aria-selected=true][aria-current] td.c-id").innerText(), "gw-2");
    await sandbox.ctlOk("tag-device", "--id", "gw-1", "--remove", "lab", "--yes");
    await shows(page, ["gw-1", "gw-2"]);
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "CSV" }).click(),
    ]);
    const lines = readFileSync(await file.path(), "utf8").split("\r\n");
    assert.match(lines[0] ?? "", /^id,sync,connected,/);
    assert.match(lines[1] ?? "", /^gw-2,unmanaged,/);
    assert.deepEqual(lines.slice(2), [""]);
    for (const key of ["k", "j", "Enter"]) await page.keyboard.press(key);
    await page.getByRole("heading", { name: "gw-2" }).waitFor();
    await page.goBack();
    await shows(page, ["gw-1", "gw-2"]);
    await context.close();
  });

  test("no key is lost, however fast they are pressed; what is closed leaves one where one was", async () => {
    const { context, page } = await open(browser, sandbox.startCtl("dashboard", "--no-open"));
    await pressAtOnce(page, [..."/gw"]);
    await shows(page, ["gw-1", "gw-2"]);
    await pressAtOnce(page, ["Escape", ..."/cam"]);
    await shows(page, ["cam-1"]);
    await pressAtOnce(page, ["Escape", "g", "f", "g", "d", "j", "x"]);
    await page.getByText("1 marked").waitFor();
    await page.keyboard.press("?");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await page.evaluate("document.activeElement.role"), "grid");
    await context.close();
  });

  test("columns are sorted by keyboard, and say so; what needs somebody comes first", async () => {
    const { context, page, origin } = await open(browser, sandbox.startCtl("dashboard", "--no-open"));
    await page.goto(`${origin}/devices?sort=-id`);
    await shows(page, ["gw-2", "gw-1", "cam-1"]);
    // No room is left before the first row when the list is at its top.
    const [head, first] = await Promise.all(
      ["thead", "#row-0"].map((one) => page.locator(one).boundingBox()),
    );
    assert.equal((head?.y ?? 0) + (head?.height ?? 0), first?.y);
    await page.getByRole("button", { name: "sync" }).focus();
    await page.keyboard.press("Enter");
    await shows(page, ["cam-1", "gw-1", "gw-2"]);
    assert.match(page.url(), /sort=sync$/);
    assert.equal(await page.locator("th.c-sync").getAttribute("aria-sort"), "ascending");
    await page.keyboard.press("Enter");
    await shows(page, ["gw-1", "gw-2", "cam-1"]);
    assert.equal(await page.locator("th.c-sync").getAttribute("aria-sort"), "descending");
    await context.close();
  });

  test("of eight tabs one asks for news, and all have them; when that one goes another asks", async () => {
    const { context, page, origin } = await open(browser, sandbox.startCtl("dashboard", "--no-open"));
    const asking = new Set<unknown>();
    const asked: Page[] = [];
    context.on("request", (request) => {
      if (!request.url().endsWith("/v1/summary")) return;
      asking.add(request);
      asked.push(request.frame().page());
    });
    context.on("requestfinished", (one) => asking.delete(one));
    context.on("requestfailed", (one) => asking.delete(one));
    const tabs = [page];
    while (tabs.length < 8) tabs.push(await context.newPage());
    await Promise.all(tabs.map((tab) => tab.goto(`${origin}/devices?q=tag:rack-1`)));
    await Promise.all(tabs.map((tab) => tab.getByText("0 of 3 devices").waitFor()));
    // A tab that is not seen lists nothing anew: each is looked at in turn.
    const all = async (ids: readonly string[], some: readonly Page[]) => {
      for (const tab of some) {
        await tab.bringToFront();
        await shows(tab, ids);
      }
    };
    await sandbox.ctlOk("tag-device", "--id", "gw-1", "--add", "rack-1", "--yes");
    await all(["gw-1"], tabs);
    await waitFor("somebody who asks", () => (asking.size > 0 ? true : undefined));
    assert.equal(asking.size, 1);
    const leader = asked.at(-1);
    const left = tabs.filter((tab) => tab !== leader);
    for (const tab of left) await tab.evaluate(WATCH_TROUBLE);
    await leader?.reload();
    await waitFor("another who asks", () => (asked.at(-1) !== leader && asking.size > 0 ? true : undefined));
    assert.equal(asking.size, 1);
    await sandbox.ctlOk("tag-device", "--id", "gw-1", "--remove", "rack-1", "--yes");
    await all([], tabs);
    for (const tab of left) assert.deepEqual(await tab.evaluate("troubles"), []);
    const second = asked.at(-1);
    await second?.close();
    await sandbox.ctlOk("tag-device", "--id", "gw-1", "--add", "rack-1", "--yes");
    await all(
      ["gw-1"],
      tabs.filter((tab) => tab !== second),
    );
    assert.notEqual(asked.at(-1), second);
    await sandbox.ctlOk("tag-device", "--id", "gw-1", "--remove", "rack-1", "--yes");
    await context.close();
  });

  test("what a device says is text, and nothing else; why it failed is told", async () => {
    const { context, page, origin } = await open(browser, sandbox.startCtl("dashboard", "--no-open"));
    await page.goto(`${origin}/devices/cam-1`);
    await page.getByText("The last change was undone").waitFor();
    assert.equal((await page.locator("pre").innerText()).trim(), HOSTILE);
    await page.getByText("postinst of web ended with exit code 3").first().waitFor();
    assert.deepEqual([await page.locator("main img").count(), await page.title()], [0, "cam-1 - jamesd"]);
    await page.goto(`${origin}/devices/${encodeURIComponent(HOSTILE)}`);
    await page.getByRole("heading", { name: HOSTILE }).waitFor();
    assert.deepEqual(
      [await page.locator("main img").count(), await page.title()],
      [0, `${HOSTILE} - jamesd`],
    );
    await context.close();
  });

  test("a server that comes again is seen by a page that was open, which says meanwhile that it is old", async () => {
    const { context, page, origin } = await open(browser, sandbox.startCtl("dashboard", "--no-open"));
    await page.goto(`${origin}/devices`);
    await shows(page, ["cam-1", "gw-1", "gw-2"]);
    await sandbox.stopServer();
    await page.getByText("not up to date:").first().waitFor();
    assert.deepEqual(await idsOf(page), ["cam-1", "gw-1", "gw-2"]);
    await sandbox.startServer();
    await waitFor("no trouble", async () =>
      (await page.getByText("not up to date:").count()) === 0 ? true : undefined,
    );
    await sandbox.ctlOk("remove-device", "--id", "gw-2", "--force", "--yes");
    await shows(page, ["cam-1", "gw-1"]);
    // What nothing answers to any more is said, and what it was known to be stays.
    await page.goto(origin);
    await page.getByText("None is live.").waitFor();
    await page.route("**/v1/rollouts", (route) => route.abort());
    await sandbox.runAgentOnce("gw-2", ["gw"]);
    await page.getByText("nothing answers here").waitFor();
    assert.equal(await page.getByText("None is live.").count(), 1);
    await page.goto(`${origin}/devices`);
    await shows(page, ["cam-1", "gw-1", "gw-2"]);
    await context.close();
  });

  test("only an operator whose dashboard may write has buttons, each asks, and does what it says", async () => {
    const start = (who: string, ...flags: string[]) =>
      sandbox.start("jamesd-ctl", ["dashboard", "--no-open", ...flags], sandbox.ctlEnv(who));
    for (const program of [start("watcher", "--write"), start("admin")]) {
      const { context, page, origin } = await open(browser, program);
      await page.goto(`${origin}/devices/gw-1`);
      await page.getByText("Nobody wants anything for it.").waitFor();
      await page.getByText("Facts").waitFor();
      assert.equal(await page.locator("main button, main input").count(), 0);
      await context.close();
    }
    const { context, page, origin } = await open(browser, start("admin", "--write"));
    await page.goto(`${origin}/devices/gw-1`);
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByRole("dialog").getByText("1 device").waitFor();
    await page.keyboard.press("Escape");
    await page.getByLabel("Tags to give").fill("rack-2");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByRole("button", { name: "Give" }).click();
    await page.getByText("Its given tags are: rack-2.").waitFor();
    assert.match(await sandbox.ctlOk("describe", "--id", "gw-1"), /rack-2/);
    await page.getByText("gave gw-1 the tags rack-2 instead of none").waitFor();
    assert.equal(await page.getByText("asked gw-1 to compare all contents").count(), 0);
    await context.close();
  });

  test("on a phone a device's page says first how it is and what to do, and is used with a thumb", async () => {
    const program = sandbox.start(
      "jamesd-ctl",
      ["dashboard", "--no-open", "--write"],
      sandbox.ctlEnv("admin"),
    );
    await program.says("#token=");
    const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
    const context = await browser.newContext(phone);
    const page = await context.newPage();
    await page.goto(program.stdout.trim());
    await page.getByRole("heading", { name: "Fleet" }).waitFor();
    await page.goto(`${new URL(page.url()).origin}/devices/cam-1`);
    await page.getByRole("button", { name: "Retry" }).waitFor();
    await page.getByText("postinst of web ended with exit code 3").first().waitFor();
    const [first, ...headings] = await page.locator("main h1, main h2").allTextContents();
    assert.deepEqual([first, headings[0], headings.at(-1)], ["cam-1", "Why it is not in sync", "Facts"]);
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 390);
    for (const button of await page.locator("main button").all())
      assert.ok(((await button.boundingBox())?.height ?? 0) >= 44, await button.innerText());
    const tap = async (name: string) => {
      await page.getByRole("button", { name }).tap();
      await page.getByRole("dialog").getByText("This concerns 1 device").waitFor();
      await page.getByRole("dialog").getByRole("button", { name }).tap();
    };
    // This server issues none.
    assert.equal(await page.getByRole("button", { name: "Renew certificate" }).count(), 0);
    await tap("Retry");
    await page.getByText("Retry: it is told to.").waitFor();
    await page.getByText(/asked cam-1 to try .* again/).waitFor();
    await context.close();
  });

  test("who cannot see or tell colours apart can use them too", async () => {
    const program = sandbox.start(
      "jamesd-ctl",
      ["dashboard", "--no-open", "--write"],
      sandbox.ctlEnv("admin"),
    );
    const { context, page, origin } = await open(browser, program);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      for (const [path, text] of [
        ["/devices?q=sync:broken", "sync:broken: a device is"],
        ["/devices/cam-1", "Facts"],
      ] as const) {
        await page.goto(origin + path);
        await page.getByText(text).waitFor();
        assert.deepEqual(await faultsOf(page, colorScheme), [], `${path} ${colorScheme}`);
      }
    }
    await context.close();
  });
});
