import { wordsOf } from "../../logic/status.ts";
import { devices, filter, filterText } from "../devices.ts";
import { go, here } from "../place.ts";
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
        onInput={({ currentTarget }) => filterBy(currentTarget.value)}
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
  const words = new Set([...wordsOf("sync"), ...table.words].filter((word) => table.words.includes(word)));
  return (
    <p class="statuses">
      {[...words].map((word) => {
        const count = counts[table.words.indexOf(word)] ?? 0;
        const text = `sync:${word}`;
        const isOn = filterText.value === text;
        return (
          <button key={word} type="button" aria-pressed={isOn} onClick={() => filterBy(isOn ? "" : text)}>
            <Status of="sync" word={word} /> {count.toLocaleString("en")}
          </button>
        );
      })}
    </p>
  );
}

/** Puts a filter into the address. */
function filterBy(text: string): void {
  const query = new URLSearchParams(here.value.query);
  if (text === "") query.delete("q");
  else query.set("q", text);
  go(query.size > 0 ? `/devices?${query}` : "/devices", "replace");
}
