import {
  type App,
  canonicalJson,
  type DesiredState,
  JamesError,
  type Policy,
  type Revision,
  samePolicy,
  sortedTags,
} from "@jamesd/model";
import type { Repository, RevisionRequest } from "./repository.ts";
import { integer, isApp, listOf, objectOf, type Row, readRow, text } from "./row.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

const CURRENT = `SELECT device, revision, apps, policy FROM desired_current JOIN desired USING (device, revision)`;

/** The desired states of a SQLite repository and their history. */
export function sqliteDesired(
  db: SqliteDatabase,
): Pick<Repository, "setDesired" | "desiredStates" | "revisions"> {
  const all = db.prepare(`${CURRENT} ORDER BY device`);
  const currentOf = db.prepare(`${CURRENT} WHERE device = ?`);
  const history = db.prepare("SELECT number, parent, author, message, time FROM revisions ORDER BY number");
  const addRevision = db.prepare(
    `INSERT INTO revisions (parent, author, message, time)
     VALUES ((SELECT max(number) FROM revisions), :author, :message, :time)`,
  );
  const addDesired = db.prepare("INSERT INTO desired (device, revision, apps, policy) VALUES (?, ?, ?, ?)");
  const setCurrent = db.prepare(
    `INSERT INTO desired_current (device, revision) VALUES (?, ?)
     ON CONFLICT (device) DO UPDATE SET revision = excluded.revision`,
  );

  const store = (
    id: string,
    apps: readonly App[],
    { author, message, time, policy = {} }: RevisionRequest,
  ) => {
    const revision = Number(addRevision.run({ author, message, time }).lastInsertRowid);
    const wishes = apps.map(({ name, tags }) => ({ name, tags }));
    addDesired.run(id, revision, JSON.stringify(wishes), JSON.stringify(policy));
    setCurrent.run(id, revision);
    return { id, apps: wishes, revision, policy };
  };

  return {
    async setDesired(id, apps, request, expected) {
      return db.write(() => {
        const row = currentOf.get(id);
        const current = row && toDesired(row);
        if (expected !== undefined && expected !== (current?.revision ?? 0))
          throw overtaken(id, expected, current?.revision ?? 0);
        if (current && sameApps(current.apps, apps) && samePolicy(current.policy, request.policy ?? {}))
          return { desired: current, changed: false };
        return { desired: store(id, apps, request), changed: true };
      });
    },
    async desiredStates() {
      return db.read(() => all.all()).map(toDesired);
    },
    async revisions() {
      return db.read(() => history.all()).map(toRevision);
    },
  };
}

function toDesired(row: Row): DesiredState {
  return readRow(`desired state of ${row.device} at revision ${row.revision}`, () => ({
    id: text(row, "device"),
    apps: listOf(row, "apps", isApp),
    revision: integer(row, "revision"),
    policy: objectOf<Policy>(row, "policy"),
  }));
}

function toRevision(row: Row): Revision {
  return readRow(`revision ${row.number}`, () => ({
    number: integer(row, "number"),
    parent: row.parent === null ? null : integer(row, "parent"),
    author: text(row, "author"),
    message: text(row, "message"),
    time: integer(row, "time"),
  }));
}

function sameApps(a: readonly App[], b: readonly App[]): boolean {
  return a.length === b.length && canonicalApps(a) === canonicalApps(b);
}

function canonicalApps(apps: readonly App[]): string {
  return canonicalJson(apps.map(({ name, tags }) => canonicalJson([name, sortedTags(tags)])).sort());
}

function overtaken(id: string, expected: number, current: number): JamesError {
  const has = current === 0 ? "has none yet (revision 0)" : `is at revision ${current}`;
  return new JamesError(
    "REVISION_CONFLICT",
    `the desired state of ${id} ${has}, not at revision ${expected} as expected`,
    { hint: "Read the current desired state, apply your change to it, and set it again." },
  );
}
