import { type CertificateId, isSameCertificate } from "@jamesd/pki/certificate-id";
import type {
  CertificateState,
  CertificateStore,
  CloneNote,
  IssuedCertificate,
  KeptCertificate,
} from "../repository/certificate-store.ts";
import { FORGET_EVERY_MS, FORGOTTEN_MS } from "../repository/forgetting.ts";
import { certificateCloned, certificateIssued, certificateReplaced } from "../repository/make-event.ts";
import type { Origin } from "../repository/origin.ts";
import type { SqliteDatabase } from "./database.ts";
import type { SqliteEvents } from "./events.ts";
import { integer, objectOrNull, type Row, readRow, text, wordOf } from "./row.ts";

const COLUMNS = "device, issuer, serial, fingerprint, starts, ends, certificate, state, clone";
/** A device that asks again and again, each time with another key, has so many that it has not used; an older one counts no more. */
const MOST_UNUSED = 8;
const STATES: readonly CertificateState[] = ["issued", "current", "replaced"];

/** The certificates of devices in a SQLite repository. */
export class SqliteCertificates implements CertificateStore {
  readonly #db: SqliteDatabase;
  readonly #events: SqliteEvents;
  readonly #statements;
  /** Of `performance.now()`. */
  #forgetFrom = 0;

  constructor(db: SqliteDatabase, events: SqliteEvents) {
    this.#db = db;
    this.#events = events;
    const select = `SELECT ${COLUMNS} FROM device_certificates`;
    this.#statements = {
      pending: db.prepare(`${select} WHERE state <> 'current' AND ends >= ? ORDER BY sequence`),
      ofDevice: db.prepare(`${select} WHERE device = ? ORDER BY sequence`),
      ofKey: db.prepare(`${select} WHERE fingerprint = ? ORDER BY sequence`),
      withSerials: db.prepare(`${select} WHERE serial IN (SELECT value FROM json_each(?)) ORDER BY sequence`),
      insert: db.prepare(
        `INSERT INTO device_certificates (${COLUMNS})
         VALUES (:device, :issuer, :serial, :fingerprint, :starts, :ends, :certificate, :state, NULL)
         ON CONFLICT (serial, issuer) DO NOTHING`,
      ),
      setState: db.prepare("UPDATE device_certificates SET state = ? WHERE serial = ? AND issuer = ?"),
      noteClone: db.prepare("UPDATE device_certificates SET clone = ? WHERE serial = ? AND issuer = ?"),
      forget: db.prepare(
        `DELETE FROM device_certificates
         WHERE ends < min(?, (SELECT min(ends) FROM device_certificates) + ${FORGOTTEN_MS})`,
      ),
    };
  }

  async pending(now: number): Promise<readonly KeptCertificate[]> {
    return this.#db.read(() => this.#statements.pending.all(now)).map(toKept);
  }

  async ofDevice(device: string): Promise<readonly KeptCertificate[]> {
    return this.#db.read(() => this.#all(device));
  }

  async ofKey(fingerprint: string): Promise<readonly KeptCertificate[]> {
    return this.#db.read(() => this.#statements.ofKey.all(fingerprint)).map(toKept);
  }

  async withSerials(serials: readonly string[]): Promise<readonly KeptCertificate[]> {
    return this.#db.read(() => this.#statements.withSerials.all(JSON.stringify(serials))).map(toKept);
  }

  async renew(
    issued: IssuedCertificate,
    instead: IssuedCertificate,
    origin: Origin,
    forgetBefore: number,
  ): Promise<KeptCertificate> {
    return this.#db.gather(() => {
      const known = this.find(issued.device, issued.fingerprint, origin.time);
      if (known) return known;
      this.#forget(forgetBefore);
      this.#statements.insert.run({ ...columnsOf(instead), state: "current" });
      this.insert(issued, origin);
      return { ...issued, state: "issued", clone: null };
    });
  }

  async note(shown: IssuedCertificate): Promise<void> {
    await this.#db.gather(() => this.#statements.insert.run({ ...columnsOf(shown), state: "current" }));
  }

  async use(device: string, id: CertificateId, origin: Origin): Promise<void> {
    await this.#db.gather(() => {
      const all = this.#all(device);
      const used = all.find((one) => isSameCertificate(one, id));
      if (used?.state !== "issued") return;
      const others = all.filter((one) => one !== used && one.state !== "replaced");
      this.#setState(used, "current");
      for (const other of others) this.#setState(other, "replaced");
      this.#events.append(certificateReplaced(used, others, origin));
    });
  }

  async noteClone(device: string, id: CertificateId, origin: Origin): Promise<void> {
    await this.#db.gather(() => {
      const all = this.#all(device);
      const old = all.find((one) => isSameCertificate(one, id));
      if (old?.state !== "replaced") return;
      const clone: CloneNote = { time: origin.time, address: origin.address };
      this.#statements.noteClone.run(JSON.stringify(clone), old.serial, old.issuer);
      this.#events.append(
        certificateCloned(
          old,
          all.find(({ state }) => state === "current"),
          origin,
        ),
      );
    });
  }

  /** Keeps one that no check-in was made with yet; to be called within a transaction. */
  insert(issued: IssuedCertificate, origin: Origin): void {
    const unused = this.#all(issued.device).filter(({ state }) => state === "issued");
    for (const old of unused.slice(0, 1 - MOST_UNUSED)) this.#setState(old, "replaced");
    this.#statements.insert.run({ ...columnsOf(issued), state: "issued" });
    this.#events.append(certificateIssued(issued, origin));
  }

  /** The newest for a key of a device that is neither replaced nor ended at that time. */
  find(device: string, fingerprint: string, now: number): KeptCertificate | undefined {
    return this.#all(device).findLast((one) => one.fingerprint === fingerprint && isAlive(one, now));
  }

  /** Those of a device for other keys that are neither replaced nor ended at that time: its id is taken. */
  others(device: string, fingerprint: string, now: number): readonly KeptCertificate[] {
    return this.#all(device).filter((one) => one.fingerprint !== fingerprint && isAlive(one, now));
  }

  /** True when a device had a certificate for a key, which may have ended; one that was replaced may be a copy's. To be asked within a transaction. */
  hasHad(device: string, fingerprint: string): boolean {
    return this.#all(device).some((one) => one.fingerprint === fingerprint && one.state !== "replaced");
  }

  #forget(before: number): void {
    const now = performance.now();
    if (now < this.#forgetFrom) return;
    if (this.#statements.forget.run(before).changes > 0) this.#forgetFrom = now + FORGET_EVERY_MS;
  }

  #all(device: string): readonly KeptCertificate[] {
    return this.#statements.ofDevice.all(device).map(toKept);
  }

  #setState({ serial, issuer }: CertificateId, state: CertificateState): void {
    this.#statements.setState.run(state, serial, issuer);
  }
}

function isAlive({ state, ends }: KeptCertificate, now: number): boolean {
  return state !== "replaced" && ends >= now;
}

function columnsOf({ device, issuer, serial, fingerprint, starts, ends, certificate }: IssuedCertificate) {
  return { device, issuer, serial, fingerprint, starts, ends, certificate };
}

function toKept(row: Row): KeptCertificate {
  return readRow(`certificate ${row.serial}`, () => ({
    device: text(row, "device"),
    issuer: text(row, "issuer"),
    serial: text(row, "serial"),
    fingerprint: text(row, "fingerprint"),
    starts: integer(row, "starts"),
    ends: integer(row, "ends"),
    certificate: text(row, "certificate"),
    state: wordOf(row, "state", STATES),
    clone: objectOrNull<CloneNote>(row, "clone"),
  }));
}
