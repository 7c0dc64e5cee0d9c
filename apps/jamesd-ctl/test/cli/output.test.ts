import assert from "node:assert/strict";
import { test } from "node:test";
import { printLine, printResult } from "@jamesd/config/print";
import { JamesError } from "@jamesd/model";
import { parse } from "yaml";
import { chooseOutput, usualFormat } from "../../src/cli/output.ts";
import { DEFAULT_COLUMNS, deviceTable } from "../../src/views/device-columns.ts";
import { stateView } from "../../src/views/device-view.ts";

const DIGEST = "a".repeat(64);
const DEVICE = {
  id: "device-1",
  connected: false,
  lastSeen: 1_700_000_000_999,
  sync: "in-sync",
  revision: 2,
  systemtags: ["armv7l"],
  apps: [{ name: "vpn", tags: ["v1"], digest: DIGEST }],
} as const;

test("a state has the seed's keys in the seed's order and no others", async () => {
  const device = {
    ...DEVICE,
    systemtags: [...DEVICE.systemtags],
    apps: [{ ...DEVICE.apps[0], tags: ["v1"] }],
  };
  const yaml = await printResult({ data: stateView(device) }, "yaml");
  assert.equal(yaml, "id: device-1\nsystemtags:\n- armv7l\napps:\n- name: vpn\n  tags:\n  - v1\n");
});

test("a table has a head, aligned columns and nothing that steers a terminal", async () => {
  const devices = [
    { ...DEVICE, systemtags: [], apps: [] },
    {
      ...DEVICE,
      id: "d\u001b[2J",
      connected: true,
      systemtags: [],
      apps: [{ name: "vpn", tags: ["a", "b"], digest: DIGEST }],
    },
    { ...DEVICE, id: "d3", lastSeen: null, systemtags: [], apps: [] },
  ];
  assert.equal(
    await printResult({ data: devices, table: deviceTable(devices, DEFAULT_COLUMNS, 0) }, "table"),
    [
      "ID        SEEN                  SYNC     APPS",
      "device-1  2023-11-14T22:13:20Z  in-sync  -",
      "d\uFFFD[2J     connected             in-sync  vpn(a,b)",
      "d3        never                 in-sync  -",
      "",
    ].join("\n"),
  );
});

test("a result that is no list is a table of its fields", async () => {
  const text = await printResult({ data: { name: "vpn", tags: ["a", "b"], error: null } }, "table");
  assert.equal(text, "FIELD  VALUE\nname   vpn\ntags   a, b\nerror  -\n");
});

test("a table of fields has what is within them in lines that a person reads, and no JSON", async () => {
  const data = {
    id: "d",
    desired: { revision: 3, policy: {}, apps: [] },
    apps: [
      { name: "vpn", tags: ["a", "b"], spec: null },
      { name: "web", tags: [], from: { kind: "spec", id: "all" } },
    ],
    scripts: [],
  };
  assert.equal(
    await printResult({ data }, "table"),
    [
      "FIELD             VALUE",
      "id                d",
      "desired.revision  3",
      "desired.policy    -",
      "desired.apps      -",
      "apps              name vpn; tags a, b",
      "                  name web; from (kind spec; id all)",
      "scripts           -",
      "",
    ].join("\n"),
  );
  assert.equal(await printResult({ data: "x" }, "table"), "FIELD  VALUE\n       x\n");
});

// ESC, the two forms of CSI, a line's end in four forms, a text turned round, what is not seen, in and out of the BMP.
const STEERING = "\u001b]0;x\u0007 \u009b31m a\nb\rc\u0085d\u2028e \u202exyz\u2066 \ufeff\u00ad \u{e0041}";
const STEERS = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u;

test("no way to print lets a text steer a terminal or begin a line, and programs read it as it was", async () => {
  const data = { a: STEERING, [`k${STEERING}`]: [STEERING, { b: `${STEERING}\n${"long ".repeat(30)}` }] };
  for (const format of ["yaml", "json"] as const) {
    const read = (text: string): unknown => (format === "yaml" ? parse(text) : JSON.parse(text));
    for (const [text, wanted] of [
      [await printResult({ data }, format), data],
      [await printLine({ data, text: [] }, format), format === "yaml" ? [data] : data],
    ] as const) {
      assert.doesNotMatch(text, STEERS);
      assert.deepEqual(read(text), wanted);
    }
  }
  const lines = await printLine({ data, text: [STEERING, "next"] }, "table");
  assert.doesNotMatch(lines, STEERS);
  assert.match(lines, /^[^\n]+\nnext\n$/);
});

test("values that repeat are written out, long ones stay on their line", async () => {
  const tags = ["a b ".repeat(60).trim()];
  assert.equal(
    await printResult({ data: { a: tags, b: tags } }, "yaml"),
    `a:\n- ${tags[0]}\nb:\n- ${tags[0]}\n`,
  );
});

test("--output is a format, or a file where a command writes one", async () => {
  const [list, get] = [{}, { outputsFile: true }] as const;
  assert.deepEqual(chooseOutput(list, undefined, undefined), { format: undefined, file: undefined });
  assert.deepEqual(chooseOutput(list, "json", "json"), { format: "json", file: undefined });
  assert.deepEqual(chooseOutput(get, "json", "json"), { format: "json", file: undefined });
  assert.deepEqual(chooseOutput(get, "x.tar", "x.tar"), { format: undefined, file: "x.tar" });
  const isUsage = (error: unknown) => error instanceof JamesError && error.code === "USAGE";
  assert.throws(() => chooseOutput(list, "x.tar", "x.tar"), isUsage);
  assert.throws(() => chooseOutput(get, "x.tar", undefined), isUsage, "a variable names no file");
});

test("where nobody says it is printed as its command usually does, and a link for the camera", async () => {
  const list = { defaultFormat: "yaml" } as const;
  assert.equal(usualFormat({ data: {} }, list), "yaml");
  assert.equal(usualFormat({ data: {}, link: "https://a.example" }, list), "table");
});

test("a tag that an older reader of YAML would take for something else is quoted", async () => {
  assert.equal(await printResult({ data: ["yes", "1.0", "v1"] }, "yaml"), '- "yes"\n- "1.0"\n- v1\n');
});
