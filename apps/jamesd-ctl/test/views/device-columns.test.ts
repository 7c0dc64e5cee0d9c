import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { DeviceInfo } from "@jamesd/protocol";
import { columnHelp, DEVICE_COLUMNS, deviceTable } from "../../src/views/device-columns.ts";
import { deviceTotals, endingCertificates, notInSync } from "../../src/views/device-totals.ts";
import { deviceListView } from "../../src/views/device-view.ts";
import { device, PACKET } from "../device.ts";

const NOW = Date.UTC(2026, 0, 31);
const DAY = 86_400_000;

/** A device as a server of the first versions lists it. */
function first(sync: DeviceInfo["sync"], id: string): DeviceInfo {
  return { id, connected: true, lastSeen: 0, sync, revision: null, systemtags: [], apps: [] };
}

suite("the columns of a list", () => {
  const full = device("failed", {
    agent: "jamesc 1",
    systemtags: ["arm", "glibc"],
    apps: [{ name: "vpn", tags: ["v1"], digest: PACKET }],
    problem: { code: "SCRIPT_FAILED", message: "it failed" },
    certEnds: NOW + 30 * DAY,
    certIssuer: "CN=our CA",
    nextTry: NOW + 1000,
    drifted: 2,
    lockedOut: { time: NOW, author: "olga", reason: "stolen" },
    waiting: { revision: 5, why: "it is day", until: NOW + 1000 },
    unmerged: 2,
    clockOff: 600_000,
  });

  test("show everything that is known", () => {
    const { columns, rows } = deviceTable([full], DEVICE_COLUMNS, NOW);
    const texts = rows[0]?.map((cell) => (typeof cell === "string" ? cell : cell.text));
    assert.deepEqual(Object.fromEntries(columns.map((name, i) => [name, texts?.[i]])), {
      id: "device-1",
      seen: "connected",
      sync: "failed, waits",
      revision: "5",
      tags: "arm,glibc",
      apps: "vpn(v1)",
      agent: "jamesc 1",
      error: "it failed [SCRIPT_FAILED]",
      drift: "2",
      "cert-ends": "2026-03-02T00:00:00Z",
      "cert-issuer": "CN=our CA",
      "locked-out": "stolen",
      clock: "10 minutes ahead",
      way: "waits until 2026-01-31T00:00:01Z: it is day",
      "next-try": "2026-01-31T00:00:01Z",
      unmerged: "2",
    });
    assert.deepEqual(
      columnHelp().map(({ column }) => column),
      DEVICE_COLUMNS,
    );
  });

  test("show a dash for what is not known, as of a server of an earlier version", () => {
    const { rows } = deviceTable(
      [first("pending", "d")],
      ["agent", "error", "drift", "cert-ends", "way", "next-try", "unmerged"],
      NOW,
    );
    assert.deepEqual(rows, [["-", "-", "-", "-", "-", "-", "-"]]);
    const listed = deviceListView(first("pending", "d"));
    assert.deepEqual(Object.keys(listed), [
      ..."id connected lastSeen sync revision systemtags apps".split(" "),
    ]);
  });

  test("say by tones what is good and what is not", () => {
    const tone = (one: DeviceInfo, column: "sync" | "cert-ends") => {
      const cell = deviceTable([one], [column], NOW).rows[0]?.[0];
      return typeof cell === "object" ? cell.tone : undefined;
    };
    const words = ["in-sync", "pending", "failed", "unmanaged", "later word"] as const;
    assert.deepEqual(
      words.map((sync) => tone(first(sync, "d"), "sync")),
      ["good", "doubtful", "bad", "faint", undefined],
    );
    assert.equal(tone(full, "cert-ends"), "doubtful");
    assert.equal(tone({ ...full, certEnds: NOW + 31 * DAY }, "cert-ends"), undefined);
  });

  test("are in programs' output by the same names as in get-device", () => {
    const { problem, certEnds, nextTry, agent, drifted } = deviceListView(full);
    assert.deepEqual([problem, agent, drifted], [full.problem, "jamesc 1", 2]);
    assert.deepEqual([certEnds, nextTry], ["2026-03-02T00:00:00Z", "2026-01-31T00:00:01Z"]);
  });
});

suite("what a list comes to", () => {
  const devices = [
    first("in-sync", "a"),
    { ...first("failed", "b"), connected: false },
    first("in-sync", "c"),
    first("unmanaged", "d"),
    first("later word", "e"),
  ];

  test("how many stand how", () => {
    const totals = "5 devices: 2 in-sync, 1 failed, 1 unmanaged, 1 later word; 4 connected";
    assert.equal(deviceTotals(devices), totals);
    assert.equal(deviceTotals([]), "0 devices: 0 connected");
  });

  test("whether all have what they should have", () => {
    assert.equal(notInSync([]), undefined);
    assert.equal(notInSync([first("in-sync", "a"), first("unmanaged", "d")]), undefined);
    const error = notInSync(devices);
    assert.deepEqual([error?.code, error?.class], ["NOT_IN_SYNC", "device"]);
    assert.equal(error?.message, "2 of 5 devices are not in sync: 1 failed, 1 later word");
  });

  test("whose certificates end soon, the first of them first", () => {
    const ends = [NOW + 31 * DAY, NOW + 2 * DAY, NOW - DAY, NOW + DAY, NOW + 30 * DAY, null, undefined];
    const all = ends.map((certEnds, i) => ({ ...first("in-sync", `d${i}`), certEnds }));
    const [said, ...more] = endingCertificates(all, NOW);
    assert.match(said ?? "", /^the certificates of 4 devices .* d2 \(2026-01-30.*d3 .*d1 .* and 1 more;/);
    assert.deepEqual([more, endingCertificates(all.slice(0, 1), NOW)], [[], []]);
  });
});
