import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "@jamesd/model";
import type { Event, Transaction } from "@jamesd/protocol";
import { eventLine, eventLines, eventView } from "../../src/views/event-view.ts";

const FROM = { sequence: 1, time: Date.UTC(2026, 0, 31, 12, 0, 0, 7), author: "olga", address: "10.0.0.1" };
const HEAD = "2026-01-31T12:00:00Z  olga (10.0.0.1)  ";
const DEVICE = { ...FROM, device: "d" };
const app = (name: string, ...tags: string[]) => ({ name, tags, digest: sha256(name) });

function ended(changed: Partial<Transaction>): Extract<Event, { kind: "transaction" }> {
  const transaction = {
    ...{ id: "t", target: sha256("t"), revision: 3, outcome: "committed" as const, started: 5 },
    ...{ durationMs: 1500, attempt: 1, scripts: [], ...changed },
  };
  return { ...DEVICE, kind: "transaction", transaction };
}

const ISSUED = {
  ...{ kind: "certificate-issued" as const, serial: "7f", issuer: sha256("ca") },
  ...{ ends: Date.UTC(2026, 4, 1), fingerprint: sha256("key") },
};

const ROLLOUT = {
  ...{ ...FROM, kind: "rollout" as const, rollout: 42, step: 4, status: "running" },
  ...{ wave: 2, waves: 3, message: "why" },
};

const LINES: readonly (readonly [event: Event, says: string])[] = [
  [
    { ...FROM, kind: "packet-added", packet: sha256("p"), name: "vpn", tags: ["v1"] },
    "added the packet vpn [v1]",
  ],
  [
    { ...FROM, kind: "packet-removed", packet: sha256("p"), name: "vpn", tags: [] },
    "removed the packet vpn []",
  ],
  [
    {
      ...FROM,
      kind: "revision",
      revision: 4,
      message: "why",
      documents: [{ kind: "spec", id: "s" }],
      changed: 1,
    },
    "made revision 4: spec s: why",
  ],
  [
    {
      ...{ ...FROM, kind: "revision", revision: 4, message: "", changed: 22 },
      documents: [
        { kind: "device", id: "a" },
        { kind: "device", id: "b" },
      ],
    },
    "made revision 4: device a, device b and 20 more",
  ],
  [
    { ...ROLLOUT, status: "running", step: 1, devices: 12 },
    "rollout 42 is at wave 2 of 3, which admits 12 more: why",
  ],
  [
    { ...ROLLOUT, status: "paused", trouble: "breach" },
    "rollout 42 is paused (more devices failed than may): why",
  ],
  [{ ...ROLLOUT, status: "finished", message: "" }, "rollout 42 is finished: everybody gets it"],
  [{ ...ROLLOUT, status: "thawing", message: "" }, "rollout 42 is thawing"],
  [
    {
      ...DEVICE,
      kind: "device-added",
      agent: "jamesc 1",
      state: { systemtags: [], apps: [app("vpn", "v1")] },
    },
    "first check-in: tags none, apps vpn [v1], jamesc 1",
  ],
  [
    {
      ...{ ...DEVICE, kind: "device-added", agent: "jamesc 1", omitted: { apps: 9, systemtags: 8 } },
      state: { systemtags: ["arm"], apps: [] },
    },
    "first check-in: tags arm and 8 more, apps 9 more, jamesc 1",
  ],
  [
    {
      ...{ ...DEVICE, kind: "device-changed" },
      apps: [
        { before: app("a", "v1"), after: app("a", "v2") },
        { before: app("b"), after: null },
        { before: null, after: app("c") },
      ],
      systemtags: { before: ["x"], after: [] },
      agent: { before: "", after: "jamesc 2" },
      unmerged: { before: [], after: ["etc/a.jamesd-new"] },
    },
    "has a [v2] instead of a [v1]; no longer has b []; has c []; tags none instead of x; configuration files wait to be merged: /etc/a.jamesd-new; agent jamesc 2 instead of unknown",
  ],
  [
    {
      ...{ ...DEVICE, kind: "device-changed", apps: [{ before: null, after: app("c") }] },
      systemtags: { before: ["x"], after: ["y"] },
      omitted: { apps: 7, systemtagsBefore: 6, systemtagsAfter: 5 },
    },
    "has c []; 7 more apps changed; tags y and 5 more instead of x and 6 more",
  ],
  [{ ...DEVICE, kind: "device-removed" }, "removed the device d"],
  [{ ...DEVICE, kind: "retry", failed: "t" }, "asked d to try t again"],
  [{ ...DEVICE, ...ISSUED }, "got d the certificate 7f, until 2026-05-01T00:00:00Z"],
  [
    {
      ...{ ...FROM, kind: "certificates-end", devices: 3, ids: ["a", "b"] },
      server: [{ use: "ca", subject: "CN=ca", ends: Date.UTC(2026, 4, 1) }],
    },
    "certificates end soon, or have ended: CN=ca (ca) until 2026-05-01T00:00:00Z; those of devices: a, b and 1 more",
  ],
  [{ ...DEVICE, ...ISSUED, device: "olga" }, "got the certificate 7f, until 2026-05-01T00:00:00Z"],
  [ended({}), "carried out revision 3 in 1.5 s"],
  [
    ended({ outcome: "rolled-back", attempt: 2, error: { code: "X", message: "no luck" } }),
    "rolled back revision 3 in 1.5 s, attempt 2: no luck",
  ],
  [ended({ outcome: "stuck" }), "is stuck in revision 3 in 1.5 s"],
];

for (const [event, says] of LINES)
  test(`in a line: ${says}`, () => {
    assert.equal(eventLine(event), HEAD + says);
    assert.equal(eventLines(event)[0], HEAD + says);
    if (event.kind !== "transaction") assert.equal(eventLines(event).length, 1);
  });

test("with what scripts said: the step that failed, how many scripts are left out, and each of the others", () => {
  const run = { app: "a", exitCode: 0, signal: null, durationMs: 1, undo: false };
  const event = {
    ...ended({
      outcome: "rolled-back",
      error: { code: "X", message: "m", step: { kind: "unpack", app: "a", packet: sha256("a") } },
      scripts: [
        { ...run, script: "preinst", output: "hello\n" },
        { ...run, script: "postinst", exitCode: 3, output: "" },
      ],
    }),
    omitted: { scripts: 12 },
  };
  const [head, ...lines] = eventLines(event);
  assert.equal(head, `${HEAD}rolled back revision 3 in 1.5 s: m`);
  assert.match(lines[0] ?? "", /^ {4}failed at: unpack/);
  assert.equal(lines[1], "    before the scripts below, 12 more ran");
  assert.match(lines[2] ?? "", /^ {4}preinst of a ended with exit code 0/);
  assert.match(lines.join("\n"), /\| hello\n {4}postinst of a ended with exit code 3/);
});

test("for programs the event is as it came, its time to the millisecond", () => {
  const event = { ...DEVICE, kind: "device-removed" as const };
  assert.deepEqual(eventView(event), { ...event, time: "2026-01-31T12:00:00.007Z" });
});
