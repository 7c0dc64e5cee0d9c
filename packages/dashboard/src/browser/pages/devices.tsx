import "./devices.css";
import { counted, numberText } from "@jamesd/model";
import { useLayoutEffect } from "preact/hooks";
import { commandOf } from "../../logic/filter/command.ts";
import { at, mark, marked, open, step } from "../chosen-devices.ts";
import { areAll, devices, devicesTrouble, filter, filterText, shown, watchDevices } from "../devices.ts";
import { useKeys } from "../keys.ts";
import { DeviceFilter } from "../parts/device-filter.tsx";
import { DeviceRows } from "../parts/device-rows.tsx";
import { NoDevices } from "../parts/no-devices.tsx";
import { Page } from "../parts/shell.tsx";
import { saveDevices } from "../save-devices.ts";

/** All devices, filtered by what the address says. */
export function Devices() {
  // Before anything is painted: they are what takes longest.
  useLayoutEffect(watchDevices, []);
  useKeys({ next: () => step(1), previous: () => step(-1), open, mark: () => mark(at.value) });
  const { text, isAll } = commandOf(filter.value.terms);
  const isEmpty = devices.value?.ids.length === 0;
  return (
    <Page title="Devices" command={isAll ? text : `${text}  # not all of the filter`}>
      <DeviceFilter />
      <p class="found" role="status">
        <Count />
        {devicesTrouble.value !== undefined && (
          <span class="bad"> not up to date: {devicesTrouble.value}</span>
        )}
      </p>
      {isEmpty && filterText.value === "" ? <NoDevices /> : <DeviceRows />}
    </Page>
  );
}

/** How many are shown, exactly. */
function Count() {
  const all = devices.value?.ids.length;
  if (all === undefined) return <>loading</>;
  const some = shown.value.length;
  const soFar = areAll.value ? "" : " so far";
  const total = counted(all, "device");
  const text = some === all ? total : `${numberText(some)} of ${total}`;
  const { size } = marked.value;
  return (
    <>
      {text + soFar}
      {size > 0 && `, ${numberText(size)} marked`}{" "}
      {size > 0 && (
        <button
          type="button"
          onClick={() => {
            marked.value = new Set();
          }}
        >
          Clear
        </button>
      )}{" "}
      <button type="button" disabled={some === 0 && size === 0} onClick={saveDevices}>
        {size > 0 ? "CSV of the marked" : "CSV"}
      </button>
    </>
  );
}
