import type { Cell, Table, Tone } from "@jamesd/config/print";
import { endsSoon } from "@jamesd/pki/credentials";
import type { DeviceInfo } from "@jamesd/protocol";
import { isoTime } from "@jamesd/protocol/words";
import { appsText } from "./apps-text.ts";
import { clockOffText, syncText, wayText } from "./way-text.ts";

interface Column {
  readonly help: string;
  /** What it shows of a device at `now`. */
  readonly cell: (device: DeviceInfo, now: number) => Cell;
}

const TONES: Readonly<Record<string, Tone>> = {
  "in-sync": "good",
  pending: "doubtful",
  failed: "bad",
  unsatisfiable: "bad",
  halted: "bad",
  doubled: "bad",
  unmanaged: "faint",
};

/** The columns that a list of devices can have. What servers of earlier versions do not tell is a dash. */
const COLUMNS = {
  id: { help: "the device", cell: ({ id }) => id },
  seen: {
    help: "connected, or when it was seen last",
    cell: ({ connected, lastSeen }) =>
      connected ? "connected" : lastSeen === null ? "never" : isoTime(lastSeen),
  },
  sync: {
    help: "how it stands to what it should have, and how much of that has come",
    cell: (device) => toned(syncText(device), TONES[device.sync]),
  },
  revision: {
    help: "the newest revision that changed what it should have",
    cell: ({ revision }) => String(revision ?? "-"),
  },
  tags: { help: "its system tags", cell: ({ systemtags }) => systemtags.join(",") || "-" },
  apps: { help: "what is installed", cell: ({ apps }) => appsText(apps) },
  agent: { help: "the agent's version and runtime", cell: ({ agent }) => agent || "-" },
  error: { help: "why it is not in sync", cell: ({ problem }) => errorCell(problem) },
  drift: {
    help: "files that are not as its packets have them",
    cell: ({ drifted }) => (drifted ? toned(String(drifted), "doubtful") : String(drifted ?? "-")),
  },
  "cert-ends": {
    help: "when its certificate ends",
    cell: ({ certEnds, certLate }, now) =>
      timeCell(certEnds, (end) => ((certLate ?? endsSoon(end, now)) ? "doubtful" : undefined)),
  },
  "cert-issuer": { help: "who issued its certificate", cell: ({ certIssuer }) => certIssuer || "-" },
  "locked-out": {
    help: "why nobody may come in as it",
    cell: ({ lockedOut }) => (lockedOut ? toned(lockedOut.reason || "yes", "bad") : "-"),
  },
  clock: {
    help: "by how much its clock differs from the server's, from five minutes on",
    cell: ({ clockOff }) => (clockOff === undefined ? "-" : toned(clockOffText(clockOff), "doubtful")),
  },
  way: { help: "what it waits for, or how far it is on its way", cell: (device) => wayText(device) ?? "-" },
  "next-try": { help: "when it tries again what failed", cell: ({ nextTry }) => timeCell(nextTry) },
  unmerged: {
    help: "how many new versions of configuration files lie beside edited ones",
    cell: ({ unmerged }) => (unmerged ? toned(String(unmerged), "doubtful") : "-"),
  },
} satisfies Readonly<Record<string, Column>>;

/** The name of a column. */
export type DeviceColumn = keyof typeof COLUMNS;
/** The names of all columns. */
export const DEVICE_COLUMNS = Object.keys(COLUMNS) as readonly DeviceColumn[];
/** Those that a list has unless others are asked for. */
export const DEFAULT_COLUMNS: readonly DeviceColumn[] = ["id", "seen", "sync", "apps"];

/** Devices as lines, at `now`. */
export function deviceTable(
  devices: readonly DeviceInfo[],
  columns: readonly DeviceColumn[],
  now: number,
): Table {
  const rows = devices.map((device) => columns.map((name) => COLUMNS[name].cell(device, now)));
  return { columns, rows };
}

/** What each column shows. */
export function columnHelp(): readonly { readonly column: DeviceColumn; readonly shows: string }[] {
  return DEVICE_COLUMNS.map((column) => ({ column, shows: COLUMNS[column].help }));
}

function errorCell(problem: DeviceInfo["problem"]): Cell {
  return problem ? toned(`${problem.message} [${problem.code}]`, "bad") : "-";
}

function timeCell(time: number | null | undefined, toneOf?: (time: number) => Tone | undefined): Cell {
  return typeof time === "number" ? toned(isoTime(time), toneOf?.(time)) : "-";
}

function toned(text: string, tone: Tone | undefined): Cell {
  return tone === undefined ? text : { text, tone };
}
