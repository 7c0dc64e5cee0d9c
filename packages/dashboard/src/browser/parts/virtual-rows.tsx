import "./virtual-rows.css";
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { topFor, windowOf } from "../../logic/rows-window.ts";

/** What a long table is made of. */
interface VirtualRowsProps {
  /** What it is a table of, for who cannot see it. */
  readonly label: string;
  readonly head: ComponentChildren;
  readonly rows: number;
  readonly rowHeight: number;
  /** A row, which is as high as all others. */
  readonly row: (at: number) => ComponentChildren;
  /** Where one is in it; seen when it changes. */
  readonly at: number | undefined;
  /** The id of the element of that row. */
  readonly active: string | undefined;
}

/** A table of which only what is seen is drawn, however long it is. */
export function VirtualRows({ label, head, rows, rowHeight, row, at, active }: VirtualRowsProps) {
  const box = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const height = useSignal(600);
  useEffect(() => {
    const { current } = box;
    if (!current) return;
    const sizes = new ResizeObserver(() => {
      height.value = current.clientHeight;
    });
    sizes.observe(current);
    return () => sizes.disconnect();
  }, []);
  useEffect(() => {
    const { current } = box;
    // The heading lies over the first row.
    const room = { rows, rowHeight, top: top.peek(), height: height.peek() - rowHeight };
    if (!current || at === undefined) return;
    current.scrollTop = topFor(at, room);
  }, [at]);
  const { first, end, before, after } = windowOf({ rows, rowHeight, top: top.value, height: height.value });
  const onScroll = () => {
    top.value = box.current?.scrollTop ?? 0;
  };
  return (
    <div class="rows" ref={box} onScroll={onScroll}>
      <table
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: rows are gone through and opened by keys
        role="grid"
        aria-label={label}
        aria-rowcount={rows + 1}
        aria-activedescendant={active}
        tabIndex={0}
      >
        <thead>{head}</thead>
        <tbody>
          <Space height={before} />
          {Array.from({ length: end - first }, (_, i) => row(first + i))}
          <Space height={after} />
        </tbody>
      </table>
    </div>
  );
}

/** Room for rows that are not drawn. */
function Space({ height }: { readonly height: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus
    <tr class="space" aria-hidden="true">
      <td
        ref={(cell) => {
          if (cell) cell.style.height = `${height}px`;
        }}
      />
    </tr>
  );
}
