import { appsText, shownTags } from "../../logic/device-cells.ts";
import { type DeviceTable, driftWord, stateOf } from "../../logic/device-table.ts";
import { pathOf } from "../../logic/places.ts";
import { nextSort, printSort, type SortKey } from "../../logic/sort.ts";
import { agoText } from "../../logic/time-text.ts";
import { at, atRow, mark, marked } from "../chosen-devices.ts";
import { askFor, devices, shown, sort } from "../devices.ts";
import { now } from "../due.ts";
import { Status } from "./status.tsx";
import { VirtualRows } from "./virtual-rows.tsx";

const ROW_HEIGHT = 36;
const COLUMNS = [
  { name: "pick" },
  { name: "id", sort: "id" },
  { name: "sync", sort: "sync" },
  { name: "seen", sort: "seen" },
  { name: "revision", sort: "revision" },
  { name: "drift", sort: "drift" },
  { name: "tags" },
  { name: "apps" },
] as const satisfies readonly { readonly name: string; readonly sort?: SortKey }[];

/** The devices that are shown, as a table. */
export function DeviceRows() {
  const table = devices.value;
  const rows = shown.value;
  if (!table) return null;
  const head = (
    <tr>
      {COLUMNS.map((column) => (
        <Heading key={column.name} name={column.name} by={"sort" in column ? column.sort : undefined} />
      ))}
    </tr>
  );
  const row = (place: number) => (
    <Row key={table.ids[rows[place] ?? 0]} table={table} row={rows[place] ?? 0} place={place} />
  );
  return (
    <VirtualRows
      label="Devices"
      head={head}
      rows={rows.length}
      rowHeight={ROW_HEIGHT}
      row={row}
      at={atRow.value}
      active={atRow.value === undefined ? undefined : `row-${atRow.value}`}
    />
  );
}

function Heading({ name, by }: { readonly name: string; readonly by: SortKey | undefined }) {
  const { by: current, isDown } = sort.value;
  if (!by)
    return (
      <th class={`c-${name}`} scope="col">
        {name === "pick" ? <span class="unseen">mark</span> : name}
      </th>
    );
  const isCurrent = current === by;
  return (
    <th
      class={`c-${name}`}
      scope="col"
      aria-sort={isCurrent ? (isDown ? "descending" : "ascending") : "none"}
    >
      <button type="button" onClick={() => askFor("sort", printSort(nextSort(sort.value, by)))}>
        {name} {isCurrent && (isDown ? "▼" : "▲")}
      </button>
    </th>
  );
}

function Row({
  table,
  row,
  place,
}: {
  readonly table: DeviceTable;
  readonly row: number;
  readonly place: number;
}) {
  const id = table.ids[row] ?? "";
  const isMarked = marked.value.has(id);
  const state = stateOf(table, row);
  const tags = shownTags(table, row).join(", ");
  const apps = appsText(table, row);
  const drift = driftWord(state);
  return (
    <tr
      id={`row-${place}`}
      aria-rowindex={place + 2}
      aria-selected={isMarked}
      {...(at.value === id && { "aria-current": "true" })}
    >
      <td class="c-pick">
        <input type="checkbox" aria-label={`mark ${id}`} checked={isMarked} onChange={() => mark(id)} />
      </td>
      <td class="c-id" title={id}>
        <a href={pathOf("devices", id)}>{id}</a>
      </td>
      <td class="c-sync">
        <Status of="sync" word={state?.sync ?? ""} />
      </td>
      <td class="c-seen">
        <Seen table={table} row={row} />
      </td>
      <td class="c-revision">{table.revision[row] || "-"}</td>
      <td class="c-drift">
        {drift === "yes" ? <Status of="attention" word="drifted" /> : drift === "no" ? "none" : "-"}
      </td>
      <td class="c-tags" title={tags}>
        {tags || "-"}
      </td>
      <td class="c-apps" title={apps}>
        {apps || "-"}
      </td>
    </tr>
  );
}

function Seen({ table, row }: { readonly table: DeviceTable; readonly row: number }) {
  if (stateOf(table, row)?.connected) return <Status of="presence" word="connected" />;
  const text = agoText((table.lastSeen[row] ?? 0) * 1000, now.value);
  return <Status of="presence" word="not connected" text={text} />;
}
