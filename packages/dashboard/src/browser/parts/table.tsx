import "./table.css";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

/** So many rows are shown before somebody asks for more. */
const SHOWN = 200;

/** A table; a narrow screen scrolls it by itself, a long one is shown a part at a time. */
export function Table({
  name,
  columns,
  rows,
}: {
  /** What it is of, for who does not see what is round it. */
  readonly name: string;
  /** Those that begin with # are numbers. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly ComponentChildren[])[];
}) {
  const [most, setMost] = useState(SHOWN);
  const more = rows.length - most;
  const classOf = (column: number): string => (columns[column]?.startsWith("#") ? "number" : "");
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <section class="scroll" tabIndex={0} aria-label={`${name}, as a table`}>
        <table>
          <thead>
            <tr>
              {columns.map((column, index) => (
                <th key={column} scope="col" class={classOf(index)}>
                  {column.replace(/^#/, "")}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, most).map((cells, row) => (
              <tr key={row}>
                {cells.map((cell, index) => (
                  <td key={columns[index]} class={classOf(index)}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {more > 0 && (
        <button type="button" onClick={() => setMost(most + 1000)}>
          {more} more
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
        <span key={tag} class="tag">
          {tag}
        </span>
      ))}
    </span>
  );
}
