import { numberText } from "@jamesd/model";
import { syncCounts } from "../../logic/device-table.ts";
import { statusWords } from "../../logic/status.ts";
import { askFor, devices, filter, filterText } from "../devices.ts";
import { Status } from "./status.tsx";

/** What devices are filtered by, and what of it is not known. */
export function DeviceFilter() {
  const { problems } = filter.value;
  return (
    <search class="filter">
      <input
        type="search"
        aria-label="Filter"
        aria-describedby="filter-problems"
        placeholder="sync:failed tag:armv7l -tag:lab seen<7d app:NAME drift:yes late:yes, or a part of an id"
        autocomplete="off"
        spellcheck={false}
        value={filterText.value}
        onInput={({ currentTarget }) => askFor("q", currentTarget.value)}
      />
      <SyncCounts />
      <ul id="filter-problems" class="bad">
        {problems.map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
    </search>
  );
}

/** How many devices there are of each status, all in all; each chooses those. */
function SyncCounts() {
  const table = devices.value;
  if (!table) return null;
  const counts = syncCounts(table);
  const words = [...new Set([...statusWords("sync"), ...counts.keys()])].filter((word) => counts.has(word));
  return (
    <p class="statuses">
      {words.map((word) => {
        const text = `sync:${word}`;
        const isOn = filterText.value === text;
        return (
          <button key={word} type="button" aria-pressed={isOn} onClick={() => askFor("q", isOn ? "" : text)}>
            <Status of="sync" word={word} /> {numberText(counts.get(word) ?? 0)}
          </button>
        );
      })}
    </p>
  );
}
