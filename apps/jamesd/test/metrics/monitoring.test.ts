import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { requireTool } from "@jamesd/testkit";
import { ALL_FAMILIES } from "../../src/metrics/all-metrics.ts";
import { TestServer } from "../http-server.ts";
import { ALERT_CASES, promtoolTests } from "./alert-cases.ts";
import { ask } from "./scraping.ts";

const EXAMPLES = fileURLToPath(new URL("../../../../examples/monitoring/", import.meta.url));
const ALERTS = join(EXAMPLES, "alerts.yml");
const SKIP = requireTool("promtool");
const folder = mkdtempSync(join(tmpdir(), "jamesd-monitoring-"));
after(() => rmSync(folder, { recursive: true }));

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly fieldConfig?: { readonly defaults: { readonly unit: string } };
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}

interface Dashboard {
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { readonly name: string }[] };
  readonly panels: readonly Panel[];
}

const dashboard = JSON.parse(readFileSync(join(EXAMPLES, "dashboard.json"), "utf8")) as Dashboard;
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const alerts = readFileSync(ALERTS, "utf8");

/** Has promtool look at something, which has to be right. */
function promtool(args: readonly string[], input = ""): string {
  const { status, stdout, stderr } = spawnSync("promtool", args, { input, encoding: "utf8" });
  assert.equal(status, 0, `promtool ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout + stderr;
}

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("the examples, by Prometheus' own tool", { skip: SKIP }, () => {
  test("the configuration and its alerts are sound", () => {
    promtool(["check", "config", join(EXAMPLES, "prometheus.yml")]);
    assert.doesNotMatch(promtool(["check", "rules", ALERTS]), /duplicate/);
  });

  test("each alert is given when it should be, and not else", () => {
    const named = [...alerts.matchAll(/^ *- alert: (\S+)$/gm)].map(([, name]) => name);
    assert.deepEqual(named.sort(), Object.keys(ALERT_CASES).sort());
    promtool(["test", "rules", written("tests.yml", promtoolTests(ALERTS))]);
  });

  test("every query of the dashboard can be read", () => {
    const rules = queries.map((expr, i) => ({
      record: `panel:${i}`,
      expr: expr.replaceAll("$__rate_interval", "5m"),
    }));
    promtool(["check", "rules", written("panels.yml", JSON.stringify({ groups: [{ name: "g", rules }] }))]);
  });

  test("what a server tells is sound, and has all that alerts and dashboard ask for", async () => {
    await using server = await TestServer.start([], { metricsAddr: "127.0.0.1:0" });
    await server.send("admin", "GET", "/v1/devices");
    const { text } = await ask(server.metricsPort, "/metrics");
    promtool(["check", "metrics"], text);
    const told = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const asked = [...queries, alerts.replaceAll(/^ *(?:summary|description|#).*$/gm, "")].join("\n");
    const names = new Set(asked.match(/\b(?:jamesd|process|nodejs)_\w+/g));
    const missing = [...names].filter((name) => !told.has(name.replace(/_(?:bucket|sum|count)$/, "")));
    assert.deepEqual([names.size > 20, missing], [true, []]);
    for (const [, name = "", matchers = ""] of asked.matchAll(/\b(jamesd_\w+)\{([^}]*)\}/g))
      for (const [, label = ""] of matchers.matchAll(/(\w+)(?:=~|!=|!~|=)"/g)) {
        const { labels = [] } = ALL_FAMILIES[name.replace(/_(?:bucket|sum|count)$/, "")] ?? {};
        assert.ok(["job", "instance", ...labels].includes(label), `${name} has no label ${label}`);
      }
  });
});

test("the panels of the dashboard are whole, and none lies on another", () => {
  assert.ok(dashboard.schemaVersion >= 36);
  const variables = new Set(dashboard.templating.list.map(({ name }) => name));
  const taken = new Set<string>();
  const ids = new Set<number>();
  for (const { id, type, title, gridPos, datasource, fieldConfig, targets } of dashboard.panels) {
    assert.ok(title !== "" && !ids.has(id), title);
    ids.add(id);
    const { x, y, w, h } = gridPos;
    assert.ok(x >= 0 && x + w <= 24, title);
    for (let column = x; column < x + w; column += 1)
      for (let line = y; line < y + h; line += 1) {
        assert.ok(!taken.has(`${column} ${line}`), `${title} lies on another`);
        taken.add(`${column} ${line}`);
      }
    if (type === "row") continue;
    assert.ok(["stat", "timeseries", "table"].includes(type), title);
    assert.match(datasource?.uid ?? "", /^\$\{datasource\}$/, title);
    assert.ok(fieldConfig?.defaults.unit && targets?.length, title);
    assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
  }
  for (const expr of queries) {
    for (const [, name = ""] of expr.matchAll(/\$(\w+)/g))
      assert.ok(name === "__rate_interval" || variables.has(name), `there is no $${name}`);
    assert.match(expr, /job=~"\$job",instance=~"\$instance"/, "one server of several can be chosen");
  }
});
