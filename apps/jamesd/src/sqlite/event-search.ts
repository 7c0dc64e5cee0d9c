import type { EventQuery } from "../repository/event-store.ts";

/** What is asked for, with what the database was asked about it. */
export interface EventSearch extends EventQuery {
  /** The specs that choose the device's tags, or did at one time. */
  readonly specs: readonly string[];
  /** No event at `since` or later has a smaller sequence. */
  readonly first: number;
}

/** A statement and its values. */
export interface Search {
  readonly sql: string;
  readonly values: Readonly<Record<string, string | number>>;
}

// Revisions concern a device that changed its own document, or a spec that, at one time, chose its tags.
const CONCERNS_DEVICE = `kind = 'revision' AND (
  EXISTS (SELECT 1 FROM documents WHERE kind = 'device' AND id = :device AND revision = events.revision)
  OR EXISTS (SELECT 1 FROM documents WHERE revision = events.revision AND kind = 'spec'
    AND id IN (SELECT value FROM json_each(:specs))))`;

/**
 * How a page of events is found: in one or more ranges of indexes in each of which the rows lie by their sequence, so
 * that what lies before the page is not read, nor what lies after it.
 */
export function eventSearch(search: EventSearch): Search {
  const order = search.isLast ? "DESC" : "ASC";
  const [range, sources] = [rangeOf(search), sourcesOf(search)];
  const page = `ORDER BY sequence ${order} LIMIT :limit`;
  const values = Object.assign({ limit: search.limit }, range.values, ...sources.map((it) => it.values));
  if (search.device === undefined && search.kinds === undefined)
    return { sql: `SELECT * FROM events WHERE ${range.sql} ${page}`, values };
  const pages = sources.map(
    ({ sql }) => `SELECT sequence FROM (SELECT sequence FROM events WHERE ${sql} AND ${range.sql} ${page})`,
  );
  return {
    sql: `SELECT * FROM events WHERE sequence IN (${pages.join(" UNION ALL ")}) ${page}`,
    values,
  };
}

function sourcesOf({ device, kinds, specs }: EventSearch): readonly Search[] {
  if (!device)
    return (kinds ?? []).map((kind, i) => ({ sql: `kind = :kind${i}`, values: { [`kind${i}`]: kind } }));
  const own = kinds
    ? {
        sql: "device = :device AND +kind IN (SELECT value FROM json_each(:kinds))",
        values: { kinds: JSON.stringify(kinds) },
      }
    : { sql: "device = :device", values: {} };
  const concerning = { sql: CONCERNS_DEVICE, values: { specs: JSON.stringify(specs) } };
  const hasRevisions = !kinds || kinds.includes("revision");
  return [own, ...(hasRevisions ? [concerning] : [])].map(({ sql, values }) => ({
    sql,
    values: { ...values, device: device.id },
  }));
}

// The plus keeps SQLite from taking the index of times, in which they do not lie by their sequence.
function rangeOf({ since, until, after = 0, before, first }: EventSearch): Search {
  const given: readonly Search[] = [
    { sql: "sequence > :after", values: { after: Math.max(after, first - 1) } },
    ...(before === undefined ? [] : [{ sql: "sequence < :before", values: { before } }]),
    ...(since === undefined ? [] : [{ sql: "+time >= :since", values: { since } }]),
    ...(until === undefined ? [] : [{ sql: "+time < :until", values: { until } }]),
  ];
  return {
    sql: given.map(({ sql }) => sql).join(" AND "),
    values: Object.assign({}, ...given.map(({ values }) => values)),
  };
}
