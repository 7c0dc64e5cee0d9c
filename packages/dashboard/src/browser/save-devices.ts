import { csvOf } from "../logic/csv.ts";
import { DEVICE_HEAD, deviceCells } from "../logic/device-cells.ts";
import { marked } from "./chosen-devices.ts";
import { devices, shown } from "./devices.ts";

/** Saves the devices that are marked, or else those that are shown, as a table. */
export function saveDevices(): void {
  const table = devices.value;
  if (!table) return;
  const some = marked.value;
  const all = Uint32Array.from(table.ids.keys());
  const rows = some.size > 0 ? all.filter((row) => some.has(table.ids[row] ?? "")) : shown.value;
  const text = csvOf([DEVICE_HEAD, ...[...rows].map((row) => deviceCells(table, row))]);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = "devices.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}
