import type { Rollout } from "@jamesd/protocol";

const at = (hour: number, minute: number): number => Date.UTC(2026, 0, 31, hour, minute);
const MINUTE_MS = 60_000;
const NONE = { done: 0, busy: 0, failed: 0, silent: 0, unreached: 0 };

/** A rollout of three waves in the second of them. */
export const ROLLOUT: Rollout = {
  ...{ revision: 42, status: "running", wave: 2, waves: 3, endedBy: null, trouble: null },
  ...{ author: "alice", message: "openvpn 1.0.0", began: at(11, 0), stepped: at(11, 10) },
  ...{ stepAuthor: "jamesd", stepMessage: "", packet: null, supersedes: [], step: 2, changed: 1 },
  ...{ admitted: 1000, counts: { ...NONE, done: 973, failed: 20, silent: 2, unreached: 5 }, counted: null },
  documents: [{ kind: "spec", id: "vpn", stable: 40 }],
  settings: {
    waves: ["tag:canary", "10%", "100%"],
    ...{ success: 0.95, failures: 0.05, bakeMs: 15 * MINUTE_MS, silenceMs: 60 * MINUTE_MS },
    ...{ patienceMs: 24 * 60 * MINUTE_MS, attempts: 1, inFlight: null, approve: "none", onFailure: "pause" },
  },
  perWave: [
    {
      ...{ wave: "tag:canary", devices: 12, excused: 0, opened: at(11, 0), passed: at(11, 10) },
      counts: { ...NONE, done: 12 },
    },
    {
      ...{ wave: "10%", devices: 988, excused: 0, opened: at(11, 10), passed: null },
      counts: { ...NONE, done: 961, failed: 20, silent: 2, unreached: 5 },
    },
    { wave: "100%", devices: 9000, counts: null, excused: 0, opened: null, passed: null },
  ],
  baking: { heldMs: 11 * MINUTE_MS + 1, ofMs: 15 * MINUTE_MS },
  next: { wave: 3, inMs: 4 * MINUTE_MS - 1 + MINUTE_MS, needsApproval: false, mayFail: 49 },
  steps: [],
};
