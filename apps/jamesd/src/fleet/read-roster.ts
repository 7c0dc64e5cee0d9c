import type { Digest, InstalledApp } from "@jamesd/model";
import { digestOfApps } from "../device/digest-of-apps.ts";
import { type DeviceRow, rowOf } from "../repository/device-row.ts";
import type { Repository } from "../repository/repository.ts";
import { pages } from "./pages.ts";
import { Roster } from "./roster.ts";

/** So many rows are read at a time. */
const ROWS = 2000;

/** Reads what the roster knows of every device. */
export async function readRoster({
  devices,
  documents,
}: Pick<Repository, "devices" | "documents">): Promise<Roster> {
  const roster = new Roster();
  const allRows = pages(
    (after) => devices.rowsAfter(after, ROWS),
    ({ id }) => id,
  );
  for await (const rows of allRows) await enlist(rows, roster, devices);
  const allOwners = pages(
    (after) => documents.ownersAfter(after, ROWS),
    (id) => id,
  );
  for await (const owners of allOwners) for (const id of owners) roster.markOwn(id);
  return roster;
}

/** Puts devices into the roster; of each list of apps one device is read whole. */
async function enlist(
  rows: readonly DeviceRow[],
  roster: Roster,
  devices: Repository["devices"],
): Promise<void> {
  const examples = new Map<Digest, string>();
  for (const { id, appsDigest } of rows) if (!roster.hasList(appsDigest)) examples.set(appsDigest, id);
  const records = new Map(
    (await devices.getAll([...examples.values()])).map((record) => [record.id, record]),
  );
  const lists = new Map<Digest, readonly InstalledApp[]>();
  for (const { state } of records.values()) lists.set(digestOfApps(state.apps), state.apps);
  // What was read whole may be newer; then others with what it had are read as well.
  const others = rows.filter(({ id, appsDigest }) => !records.has(id) && !lists.has(appsDigest));
  const lacking = others.filter(({ appsDigest }) => !roster.hasList(appsDigest)).map(({ id }) => id);
  for (const record of await devices.getAll(lacking)) records.set(record.id, record);
  for (const row of rows) {
    const record = records.get(row.id);
    if (record) roster.set(rowOf(record), record.state.apps);
    else if (!lacking.includes(row.id)) roster.set(row, lists.get(row.appsDigest) ?? []);
  }
}
