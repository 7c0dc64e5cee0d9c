import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ScriptName } from "@jamesd/model";
import { waitFor } from "@jamesd/testkit";
import { statOf } from "../../../src/transaction/scripts/script-process.ts";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

/** Shell text that leaves something in the background, whose number it writes down when it runs. */
const leaving = (how: string): string => `${how}
until [ -s "$JAMES_ROOT/../pid" ]; do sleep 0.05; done
`;
const JOB = `sh -c 'echo $$ >"$JAMES_ROOT/../pid.new"; mv "$JAMES_ROOT/../pid.new" "$JAMES_ROOT/../pid"; exec sleep 1000'`;
const DEAF = JOB.replace("sh -c '", `sh -c 'trap "" TERM; `);

/** A counterpart that says whether that runs beside it. Who has ended stays in the list until its parent asks, without its words. */
const LOOKING = `if grep -q sleep "/proc/$(cat "$JAMES_ROOT/../pid")/cmdline" 2>/dev/null; then echo beside; else echo alone; fi\n`;

const FAILING: Readonly<Record<string, Partial<Record<ScriptName, string>>>> = {
  "a script that failed": { postinst: `${leaving(`${JOB} &`)}exit 1\n` },
  "a script that a signal ended": { postinst: `${leaving(`${JOB} &`)}kill -9 $$\n` },
  "a script that failed, as an orphan": { postinst: `${leaving(`(${JOB} &)`)}exit 1\n` },
  "a script that failed, with its output open and deaf": { postinst: `${leaving(`${DEAF} &`)}exit 1\n` },
  "a healthcheck that failed": { healthcheck: `${leaving(`${JOB} &`)}exit 1\n` },
};

for (const [what, scripts] of Object.entries(FAILING))
  test(`what is in the session of ${what} is gone before it is undone`, async () => {
    using bench = new Bench();
    const shelf = new Shelf();
    const app = shelf.add("app", { "opt/app": "1\n" }, { postinst: ":\n", prerm: LOOKING, ...scripts });
    const device = await bench.open({ healthcheckTimeoutMs: 500 });
    const report = await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
    assert.equal(report.outcome, "rolled-back");
    assert.equal(report.scripts.at(-1)?.output, "alone\n");
  });

const LIVING: Readonly<Record<string, string>> = {
  "that makes itself a session lives on": `${leaving(`(setsid ${JOB} &)`)}exit 1\n`,
  "of a script that succeeded lives on": leaving(`${JOB} &`),
};

for (const [what, postinst] of Object.entries(LIVING))
  test(`what ${what}, and its counterpart ends it`, async () => {
    using bench = new Bench();
    const shelf = new Shelf();
    const prerm = `${LOOKING}kill "$(cat "$JAMES_ROOT/../pid")"\n`;
    const scripts = { postinst, prerm, healthcheck: "exit 1\n" };
    const app = shelf.add("app", { "opt/app": "1\n" }, scripts);
    const device = await bench.open({ healthcheckTimeoutMs: 500 });
    const report = await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
    assert.equal(report.scripts.at(-1)?.output, "beside\n");
    const pid = Number(readFileSync(join(bench.dir, "pid"), "utf8"));
    await waitFor("its end", () => !statOf(pid)?.isAlive || undefined);
  });
