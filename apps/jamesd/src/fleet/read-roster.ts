import { setImmediate as letOthersRun } from "node:timers/promises";
import type { Digest, InstalledApp } from "@jamesd/model";
import { digestOfApps } from "../device/digest-of-apps.ts";
import { type DeviceRow, rowOf } from "../repository/device-row.ts";
import type { Repository } from "../repository/repository.ts";
import { Roster } from "./roster.ts";

/** So many rows are read at a time; between them others run. */
const ROWS = 2000;

/** Reads what the roster knows of every device. */
export async function readRoster(
  { devices, documents }: Pick<Repository, "devices" | "documents">,
  roster = new Roster(),
): Promise<Roster> {
  for (let after = ""; ; ) {
    const rows = await devices.rowsAfter(after, ROWS);
    await enlist(rows, roster, devices);
    const last = rows.at(-1);
    if (!last) break;
    after = last.id;
    await letOthersRun();
  }
  for (let after = ""; ; ) {
    const owners = await documents.ownersAfter(after, ROWS);
    for (const id of owners) roster.markOwn(id);
    const last = owners.at(-1);
    if (last === undefined) return roster;
    after = last;
    await letOthersRun();
  }
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
