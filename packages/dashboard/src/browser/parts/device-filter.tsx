import { numberText } from "@jamesd/model";
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
  const counts = new Array<number>(table.words.length).fill(0);
  for (const place of table.sync) counts[place] = (counts[place] ?? 0) + 1;
  const words = new Set(
    [...statusWords("sync"), ...table.words].filter((word) => table.words.includes(word)),
  );
  return (
    <p class="statuses">
      {[...words].map((word) => {
        const count = counts[table.words.indexOf(word)] ?? 0;
        const text = `sync:${word}`;
        const isOn = filterText.value === text;
        return (
          <button key={word} type="button" aria-pressed={isOn} onClick={() => askFor("q", isOn ? "" : text)}>
            <Status of="sync" word={word} /> {numberText(count)}
          </button>
        );
      })}
    </p>
  );
}
