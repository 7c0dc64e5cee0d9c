import { sortedTags, type Tag } from "@jamesd/model";
import type { IssuedCertificate } from "../repository/certificate-store.ts";
import type {
  Admission,
  Admitted,
  Approval,
  Enrollment,
  EnrollmentKey,
  EnrollmentState,
  EnrollmentStore,
  QueueBounds,
} from "../repository/enrollment-store.ts";
import {
  deviceEnrolled,
  enrollmentApproved,
  enrollmentRejected,
  enrollmentWaiting,
} from "../repository/make-joining-event.ts";
import type { Origin } from "../repository/origin.ts";
import type { SqliteCertificates } from "./certificates.ts";
import type { SqliteDatabase } from "./database.ts";
import type { SqliteDevices } from "./devices.ts";
import type { SqliteEnrollTokens } from "./enroll-tokens.ts";
import type { SqliteEvents } from "./events.ts";
import { integer, isText, listOf, type Row, readRow, text, textOrNull, wordOf } from "./row.ts";

const COLUMNS = "device, fingerprint, state, request, tags, token, address, place, time, ends";
const KEY = "device = :device AND fingerprint = :fingerprint";
const STATES: readonly EnrollmentState[] = ["waiting", "approved", "rejected"];

/** So many of those who are approved or rejected are remembered; the oldest go. */
const MOST_DECIDED = 10_000;

/** What else an admission is written to. */
export interface EnrollmentsParts {
  readonly events: SqliteEvents;
  readonly tokens: SqliteEnrollTokens;
  readonly certificates: SqliteCertificates;
  readonly devices: SqliteDevices;
}

/** Who wants to join, in a SQLite repository. */
export class SqliteEnrollments implements EnrollmentStore {
  readonly #db: SqliteDatabase;
  readonly #parts: EnrollmentsParts;
  readonly #statements;

  constructor(db: SqliteDatabase, parts: EnrollmentsParts) {
    this.#db = db;
    this.#parts = parts;
    this.#statements = {
      all: db.prepare(`SELECT ${COLUMNS} FROM enrollments WHERE ends > ? ORDER BY sequence`),
      counts: db.prepare("SELECT state, count(*) AS count FROM enrollments WHERE ends > ? GROUP BY state"),
      one: db.prepare(`SELECT ${COLUMNS} FROM enrollments WHERE ${KEY} AND ends > :now`),
      save: db.prepare(
        `INSERT INTO enrollments (${COLUMNS})
         VALUES (:device, :fingerprint, :state, :request, :tags, :token, :address, :place, :time, :ends)
         ON CONFLICT (device, fingerprint) DO UPDATE
         SET state = excluded.state, request = excluded.request, tags = excluded.tags, token = excluded.token, ends = excluded.ends`,
      ),
      remove: db.prepare(`DELETE FROM enrollments WHERE ${KEY}`),
      forget: db.prepare("DELETE FROM enrollments WHERE ends <= ?"),
      countOfPlace: db.prepare(
        "SELECT count(*) AS count FROM enrollments WHERE state = 'waiting' AND place = ?",
      ),
      count: db.prepare("SELECT count(*) AS count FROM enrollments WHERE state = 'waiting'"),
      fullest: db.prepare(
        "SELECT place FROM enrollments WHERE state = 'waiting' GROUP BY place ORDER BY count(*) DESC, min(sequence) LIMIT 1",
      ),
      evict: db.prepare(
        `DELETE FROM enrollments WHERE sequence =
           (SELECT min(sequence) FROM enrollments WHERE state = 'waiting' AND place = ?)`,
      ),
      trim: db.prepare(
        `DELETE FROM enrollments WHERE sequence IN
           (SELECT sequence FROM enrollments WHERE state = ? ORDER BY sequence DESC LIMIT -1 OFFSET ${MOST_DECIDED})`,
      ),
      otherApproved: db.prepare(
        "SELECT 1 FROM enrollments WHERE device = :device AND fingerprint <> :fingerprint AND state = 'approved' AND ends > :now",
      ),
      dropApproved: db.prepare(
        "DELETE FROM enrollments WHERE device = :device AND fingerprint <> :fingerprint AND state = 'approved'",
      ),
    };
  }

  async all(now: number): Promise<readonly Enrollment[]> {
    return this.#db.read(() => this.#statements.all.all(now)).map(toEnrollment);
  }

  async counts(now: number): Promise<Readonly<Record<EnrollmentState, number>>> {
    const counts = { waiting: 0, approved: 0, rejected: 0 };
    for (const row of this.#db.read(() => this.#statements.counts.all(now)))
      counts[readRow("queue", () => wordOf(row, "state", STATES))] = countOf(row);
    return counts;
  }

  async get(key: EnrollmentKey, now: number): Promise<Enrollment | undefined> {
    return this.#db.read(() => this.#find(key, now));
  }

  async wait(enrollment: Enrollment, bounds: QueueBounds): Promise<Enrollment> {
    return this.#db.gather(() => {
      const known = this.#find(enrollment, enrollment.time);
      if (known) return known;
      this.#statements.forget.run(enrollment.time);
      this.#makeRoom(enrollment.place, bounds);
      this.#save(enrollment);
      this.#parts.events.append(enrollmentWaiting(enrollment));
      return enrollment;
    });
  }

  async approve(approval: Approval, origin: Origin): Promise<Enrollment> {
    const { device, fingerprint } = approval;
    return this.#db.write(() => {
      this.#statements.dropApproved.run({ device, fingerprint });
      return this.#approve(approval, origin);
    });
  }

  async approveNext(approval: Approval, origin: Origin): Promise<void> {
    await this.#db.gather(() => {
      if (!this.#isOtherApproved(approval, origin.time)) this.#approve(approval, origin);
    });
  }

  async reject(key: EnrollmentKey, ends: number, origin: Origin): Promise<Enrollment | undefined> {
    return this.#db.write(() => {
      const known = this.#find(key, origin.time);
      if (!known) return undefined;
      const rejected: Enrollment = { ...known, state: "rejected", ends };
      this.#save(rejected);
      this.#statements.trim.run("rejected");
      this.#parts.events.append(enrollmentRejected(known, origin));
      return rejected;
    });
  }

  async admit(admission: Admission): Promise<Admitted> {
    const { origin, token } = admission;
    const key = { device: admission.device, fingerprint: admission.fingerprint };
    const { tokens, certificates } = this.#parts;
    return this.#db.gather((): Admitted => {
      const now = origin.time;
      const known = this.#find(key, now);
      if (known?.state === "rejected") return { outcome: "refused" };
      const held = certificates.find(key.device, key.fingerprint, now);
      if (held) {
        this.#statements.remove.run(key);
        return { outcome: "issued", certificate: held.certificate };
      }
      const isApproved = known?.state === "approved";
      if (!isApproved && token === null) return { outcome: "refused" };
      if (!isApproved && this.#isTaken(key, now)) return { outcome: "taken" };
      if (!isApproved && !tokens.use(token ?? "", now)) return { outcome: "refused" };
      const tags = sortedTags([...(known?.tags ?? []), ...admission.tags]);
      return this.#let(admission, tags, known?.token ?? token);
    });
  }

  async certify(issued: IssuedCertificate, origin: Origin): Promise<void> {
    await this.#db.gather(() => {
      const known = this.#find(issued, origin.time);
      if (known) this.#enrol(issued, known, origin);
    });
  }

  async isTaken(key: EnrollmentKey, now: number): Promise<boolean> {
    return this.#db.read(() => this.#isTaken(key, now));
  }

  #approve({ device, fingerprint, tags, ends }: Approval, origin: Origin): Enrollment {
    const key = { device, fingerprint };
    const known = this.#find(key, origin.time);
    const approved: Enrollment = {
      ...{ request: null, token: null, address: origin.address, place: "", time: origin.time },
      ...known,
      ...{ ...key, state: "approved", ends, tags: sortedTags([...(known?.tags ?? []), ...tags]) },
    };
    this.#save(approved);
    this.#statements.trim.run("approved");
    this.#parts.events.append(enrollmentApproved(key, origin));
    return approved;
  }

  #isOtherApproved({ device, fingerprint }: EnrollmentKey, now: number): boolean {
    return this.#statements.otherApproved.get({ device, fingerprint, now }) !== undefined;
  }

  #let(admission: Admission, tags: readonly Tag[], token: string | null): Admitted {
    const { device, fingerprint, request, issued, place, ends, origin } = admission;
    if (issued) return this.#enrol(issued, { tags, token }, origin);
    const { address, time } = origin;
    this.#save({ device, fingerprint, state: "approved", request, tags, token, address, place, time, ends });
    return { outcome: "approved" };
  }

  #enrol(
    issued: IssuedCertificate,
    { tags, token }: Pick<Enrollment, "tags" | "token">,
    origin: Origin,
  ): Admitted {
    const { device, fingerprint, serial, certificate } = issued;
    const { certificates, devices, events } = this.#parts;
    certificates.insert(issued, origin);
    this.#statements.remove.run({ device, fingerprint });
    devices.giveAtEnrolment(device, tags, origin);
    events.append(deviceEnrolled({ device, fingerprint, token, tags, serial }, origin));
    return { outcome: "issued", certificate };
  }

  /** One that is known has the name, by whatever certificate it came, or another key is to have it. */
  #isTaken({ device, fingerprint }: EnrollmentKey, now: number): boolean {
    const { certificates, devices } = this.#parts;
    if (certificates.others(device, fingerprint, now).length > 0) return true;
    if (devices.isKnown(device) && !certificates.hasHad(device, fingerprint)) return true;
    return this.#isOtherApproved({ device, fingerprint }, now);
  }

  #makeRoom(place: string, { most, mostOfPlace }: QueueBounds): void {
    const { count, countOfPlace, fullest, evict } = this.#statements;
    if (countOf(countOfPlace.get(place)) >= mostOfPlace) evict.run(place);
    if (countOf(count.get()) < most) return;
    const [row] = fullest.all();
    if (row) evict.run(text(row, "place"));
  }

  #find({ device, fingerprint }: EnrollmentKey, now: number): Enrollment | undefined {
    const row = this.#statements.one.get({ device, fingerprint, now });
    return row && toEnrollment(row);
  }

  #save(enrollment: Enrollment): void {
    this.#statements.save.run({ ...enrollment, tags: JSON.stringify(enrollment.tags) });
  }
}

function countOf(row: Row | undefined): number {
  return readRow("queue", () => integer(row ?? {}, "count"));
}

function toEnrollment(row: Row): Enrollment {
  return readRow(`enrolment of ${row.device}`, () => ({
    device: text(row, "device"),
    fingerprint: text(row, "fingerprint"),
    state: wordOf(row, "state", STATES),
    request: textOrNull(row, "request"),
    tags: listOf(row, "tags", isText),
    token: textOrNull(row, "token"),
    address: text(row, "address"),
    place: text(row, "place"),
    time: integer(row, "time"),
    ends: integer(row, "ends"),
  }));
}
