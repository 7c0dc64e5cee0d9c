/** What of a list is to be drawn: rows from `first` to before `end`, with so many pixels left free before and after. */
export interface RowsWindow {
  readonly first: number;
  readonly end: number;
  readonly before: number;
  readonly after: number;
}

/** A list of rows that are all as high, of which a part is seen. */
export interface Scrolled {
  readonly rows: number;
  readonly rowHeight: number;
  readonly top: number;
  readonly height: number;
}

/** So many rows are drawn beyond what is seen. */
const SPARE = 8;

/** The part of a list that is seen, and some more. */
export function windowOf({ rows, rowHeight, top, height }: Scrolled): RowsWindow {
  const seen = Math.max(0, Math.min(Math.floor(top / rowHeight), rows));
  const first = Math.max(0, seen - SPARE);
  const end = Math.min(rows, seen + Math.ceil(height / rowHeight) + 1 + SPARE);
  return { first, end, before: first * rowHeight, after: (rows - end) * rowHeight };
}

/** Where a list has to be scrolled to, so that a row is seen whole; as it is when it is already. */
export function topFor(row: number, { rowHeight, top, height }: Scrolled): number {
  const start = row * rowHeight;
  if (start < top) return start;
  return start + rowHeight > top + height ? start + rowHeight - height : top;
}
