import { sha256 } from "@jamesd/model";
import type { Device, SyncStatus, Transaction } from "@jamesd/protocol";

/** What the device should have; its transaction was for it. */
export const TARGET = sha256("target");
/** A packet of the app vpn. */
export const PACKET = sha256("packet");

/** A transaction whose postinst failed. */
export function transaction(changes: Partial<Transaction> = {}): Transaction {
  const step = { kind: "script", script: "postinst", app: "vpn", packet: PACKET } as const;
  const run = { app: "vpn", exitCode: 0, signal: null, durationMs: 1, output: "", undo: false };
  return {
    id: "t",
    target: TARGET,
    revision: 5,
    outcome: "rolled-back",
    started: 0,
    durationMs: 1,
    attempt: 1,
    scripts: [
      { ...run, script: "preinst" },
      { ...run, script: "postinst", exitCode: 3, output: "one\nno \u001b[31mroom\n" },
      { ...run, script: "prerm", exitCode: 1, undo: true },
    ],
    error: { code: "SCRIPT_FAILED", message: "postinst of vpn ended with exit code 3", step },
    ...changes,
  };
}

/** A device at revision 5. */
export function device(sync: SyncStatus, changes: Partial<Device> = {}): Device {
  return {
    id: "device-1",
    connected: true,
    lastSeen: 0,
    sync,
    revision: 5,
    systemtags: [],
    apps: [],
    agent: null,
    features: [],
    unmergedFiles: [],
    specs: [],
    effective: null,
    desired: { id: "device-1", revision: 5, apps: [], policy: {} },
    target: TARGET,
    transaction: null,
    problem: null,
    ...changes,
  };
}
