import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, suite, test } from "node:test";
import { CHROMIUM, Sandbox, skipUnless, waitFor } from "@jamesd/testkit";
import { type Browser, chromium, type Page } from "playwright-core";
import { faultsOf, tabTo } from "./browsing.ts";

const HOSTILE = "<img src=x onerror=document.title='owned'>";

suite(
  "what changes, on the pages of the dashboard",
  { skip: skipUnless(existsSync(CHROMIUM), "needs chromium") },
  () => {
    let sandbox: Sandbox;
    let browser: Browser;
    const digests: string[] = [];

    async function open(who: string, ...flags: string[]): Promise<{ page: Page; origin: string }> {
      const program = sandbox.start("jamesd-ctl", ["dashboard", "--no-open", ...flags], sandbox.ctlEnv(who));
      await program.says("#token=");
      const page = await (await browser.newContext()).newPage();
      await page.goto(program.stdout.trim());
      await page.getByRole("heading", { name: "Fleet" }).waitFor();
      return { page, origin: new URL(page.url()).origin };
    }

    async function want(version: string, message: string, ...flags: string[]): Promise<void> {
      const spec = `kind: spec\nid: all\nselector: [lab]\napps:\n  - name: web\n    tags: [${version}]\n`;
      const file = sandbox.write("spec.yaml", spec);
      await sandbox.ctlOk("apply", "-f", file, "--yes", "--message", message, ...flags);
    }

    before(async () => {
      sandbox = await Sandbox.create(["a", "b"]);
      await sandbox.startServer();
      for (const version of ["v1", "v2"]) {
        const archive = await sandbox.pack(`web-${version}`, {
          "srv/index.html": version.repeat(9),
          [`srv/${version}`]: "",
        });
        const script = sandbox.write(`${version}.sh`, `#!/bin/sh\necho "${HOSTILE}" ${version}\n`);
        const packet = ["--name", "web", "--tags", version, "--data", archive, "--postinst", script];
        const { digest } = JSON.parse(await sandbox.ctlOk("add-packet", ...packet, "--output", "json"));
        digests.push(digest);
      }
      await want("v1", "the first");
      for (const id of ["a", "b"]) assert.equal((await sandbox.runAgentOnce(id, ["lab"])).code, 0);
      await want("v2", HOSTILE, "--waves", "1,100%", "--approve", "first", "--bake", "1s");
      for (const id of ["a", "b"]) assert.equal((await sandbox.runAgentOnce(id, ["lab"])).code, 0);
      browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    });
    after(async () => {
      await browser?.close();
      await sandbox?.[Symbol.asyncDispose]();
    });

    test("a viewer sees how a rollout stands, and has no buttons; a packet is looked at before it is anywhere", async () => {
      const { page, origin } = await open("watcher", "--write");
      await page.getByText("Next: wave 2 opens when somebody approves it.").waitFor();
      assert.equal(await page.getByRole("article").getByRole("button").count(), 0);
      await page.goto(`${origin}/packets/${digests[1]}?against=${digests[0]}`);
      await page.getByText("Files: 1 added, 1 removed, 1 changed").waitFor();
      await page.getByText("postinst, ").click();
      await page.getByText(`echo "${HOSTILE}" v2`).waitFor();
      await page.goto(`${origin}/history`);
      await page.getByText(HOSTILE).first().waitFor();
      assert.equal(await page.getByRole("button", { name: /^revert/ }).count(), 0);
      assert.doesNotMatch(await page.title(), /owned/);
      await page.context().close();
    });

    test("who cannot see or tell colours apart can use these pages too", async () => {
      const { page, origin } = await open("admin", "--write");
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        for (const [path, text] of [
          ["/", "Last events"],
          ["/rollouts", "Next: wave 2 opens"],
          ["/rollouts/2", "get-rollout --revision 2 --packets"],
          ["/history?kind=spec&id=all&from=1", "Who brought what"],
          ["/specs", "its devices"],
          ["/specs/all", "Which packet, and why"],
          ["/packets", "2 packets"],
          [`/packets/${digests[0]}`, "As a tar"],
        ] as const) {
          await page.goto(origin + path);
          await page.getByText(text).first().waitFor();
          assert.deepEqual(await faultsOf(page, colorScheme), [], `${path} ${colorScheme}`);
        }
      }
      await page.context().close();
    });

    test("by keyboard alone a wave is approved, with why; then everything is made as it was, after it is said what that means", async () => {
      const { page, origin } = await open("admin", "--write");
      await page.getByRole("button", { name: "approve" }).waitFor();
      await tabTo(page, "approve");
      await page.keyboard.press("Enter");
      await page.getByText("Wave 2 opens, for 1 device.").waitFor();
      await page.keyboard.type("looks good");
      await page.keyboard.press("Enter");
      await page.getByText("looks good").first().waitFor();
      for (const id of ["a", "b"]) assert.equal((await sandbox.runAgentOnce(id, ["lab"])).code, 0);
      await waitFor("the rollout to be finished", async () =>
        /finished/.test(await sandbox.ctlOk("list-rollouts", "--all")) ? true : undefined,
      );
      await page.goto(`${origin}/history`);
      const held = Promise.withResolvers<void>();
      await page.route("**/v1/revisions/revert", async (route) => {
        await held.promise;
        await route.continue();
      });
      await page.getByRole("button", { name: "revert to 1…" }).click();
      await page.keyboard.type("not so good");
      // Nothing can be done while it is not known what it means.
      await page.keyboard.press("Enter");
      assert.equal(await page.getByRole("button", { name: "Revert to 1", exact: true }).isDisabled(), true);
      held.resolve();
      await page.getByText("1 document changed, 2 devices should have something else").waitFor();
      assert.match(await sandbox.ctlOk("get-spec", "--id", "all"), /v2/);
      await page.keyboard.press("Enter");
      await page.getByText("everything is as it was at revision 1: that is revision 3.").waitFor();
      assert.match(await sandbox.ctlOk("get-spec", "--id", "all"), /v1/);
      assert.match(await sandbox.ctlOk("history"), /not so good/);
      await page.context().close();
    });

    test("where a rollout stands in the way of going back, one chooses by what each way means; what became of all is listed", async () => {
      await want("v2", "once more", "--waves", "1,100%", "--bake", "1h");
      const { page, origin } = await open("admin", "--write");
      await page.goto(`${origin}/history`);
      await page.getByRole("button", { name: "revert to 1…" }).click();
      await page.getByText("rollout 4, which is running, spreads the spec all").waitFor();
      const how = page.getByLabel("revert to 1");
      await how.selectOption({ label: "in the place of a live rollout, from its first wave on" });
      await page.getByText("Waves: 1, 1 device; 100%, 0 devices.").waitFor();
      await how.selectOption("3");
      await page.getByText("rollout 4 ends, and all devices get at once what it spread").waitFor();
      await page.getByRole("button", { name: "Revert to 1", exact: true }).click();
      await page.getByText("that is revision 5.").waitFor();
      await page.getByRole("link", { name: "rollout 4" }).waitFor();
      await page.getByText("reverted by 5").first().waitFor();
      await page.keyboard.press("g");
      await page.keyboard.press("r");
      await page.getByText("superseded by 5").waitFor();
      await page.getByText("None is live.").waitFor();
      await page.getByRole("link", { name: "2", exact: true }).click();
      await page.getByText("done: 2").waitFor();
      assert.match(
        await sandbox.ctlOk("get-rollout", "--revision", "2", "--over-time"),
        /\n\S+ +2 +0 +0 +0 +0\n$/,
      );
      await page.context().close();
    });
  },
);
