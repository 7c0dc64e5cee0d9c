import "./table.css";
import { numberText } from "@jamesd/model";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

/** So many rows are usually shown before somebody asks for more. */
const SHOWN = 200;

/** A table, a long one a part at a time; on a narrow screen what would be a column is named in each row. */
export function Table({
  name,
  columns,
  rows,
  first = SHOWN,
}: {
  /** What it is of, for who does not see what is round it. */
  readonly name: string;
  /** Those that begin with # are numbers. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly ComponentChildren[])[];
  /** So many are shown at first. */
  readonly first?: number;
}) {
  const [most, setMost] = useState(first);
  const more = rows.length - most;
  const classOf = (column: number): string => (columns[column]?.startsWith("#") ? "number" : "");
  const names = columns.map((column) => column.replace(/^#/, ""));
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <section class="scroll" tabIndex={0} aria-label={`${name}, as a table`}>
        <table>
          <thead>
            <tr>
              {names.map((column, index) => (
                <th key={column} scope="col" class={classOf(index)}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, most).map((cells, row) => (
              <tr key={row}>
                {cells.map((cell, index) => (
                  <td key={names[index]} class={classOf(index)} data-name={names[index]}>
                    {classOf(index) && typeof cell === "number" ? numberText(cell) : cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {more > 0 && (
        <button type="button" onClick={() => setMost(most + 1000)}>
          {numberText(more)} more
        </button>
      )}
    </>
  );
}

/** Tags, each by itself; a dash where there are none. */
export function Tags({ tags }: { readonly tags: readonly string[] }) {
  if (tags.length === 0) return <span class="faint">no tags</span>;
  return (
    <span class="tags">
      {tags.map((tag) => (
        <span key={tag} class="tag" title={tag}>
          {tag}
        </span>
      ))}
    </span>
  );
}
