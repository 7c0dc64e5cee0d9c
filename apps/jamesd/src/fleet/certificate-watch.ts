import { endsSoon, LOOK_AGAIN_MS } from "@jamesd/pki/credentials";
import type { Logger } from "pino";
import type { EndingCertificate, NewEvent } from "../repository/event.ts";
import type { EventStore } from "../repository/event-store.ts";
import { certificatesEnd } from "../repository/make-ending-event.ts";
import { whenSetBack } from "../running/clock-set-back.ts";
import type { Part } from "../running/opened.ts";
import type { Certificates } from "./certificates.ts";
import { canRenew, type KnownDevice } from "./device.ts";
import type { Devices } from "./devices.ts";
import type { Follower } from "./follower.ts";
import { lastCertificate } from "./last-certificate.ts";
import type { Presence } from "./presence.ts";

/** What is left of a certificate when it should have been renewed long ago: devices do so at two thirds, a tenth sooner or later. */
const LATE_PART = 0.15;
/** So many devices are named. */
const NAMED = 5;
/** At the start devices have to come first. */
const FIRST_LOOK_MS = 600_000;

/** True of a certificate that has ended or ends soon: within 30 days, or, where it is renewed by itself, later than it should have been. */
export function isLate(
  device: Pick<KnownDevice, "id" | "record">,
  presence: Presence,
  { areRenewed }: Pick<Certificates, "areRenewed">,
  now: number,
): boolean {
  const { certStarts: starts, certEnds: ends } = lastCertificate(device, presence);
  if (ends === null || !endsSoon(ends, now)) return false;
  return (
    starts === null || !areRenewed || !canRenew(device.record) || ends - now <= (ends - starts) * LATE_PART
  );
}

/** What certificates of devices are watched with. */
export interface CertificateWatchParts {
  readonly devices: Pick<Devices, "sketches">;
  readonly presence: Presence;
  readonly certificates: Pick<Certificates, "areRenewed">;
  readonly events: Pick<EventStore, "add" | "page">;
  /** Tells those of the server's own files that end soon, or have ended, at a time. */
  readonly tls: { ending(now: number): readonly EndingCertificate[] };
  readonly log: Pick<Logger, "warn">;
  readonly follower: Pick<Follower, "loadCertificates">;
  readonly now: () => number;
}

/** Says once a day which certificates end: those of devices by a line in the log, and all of them by an event. Where the clock is set back, those that had ended by it count again. */
export class CertificateWatch implements Part {
  readonly #parts: CertificateWatchParts;
  readonly #first: NodeJS.Timeout;
  readonly #daily: NodeJS.Timeout;
  readonly #clock: Part;

  constructor(parts: CertificateWatchParts) {
    this.#parts = parts;
    const look = (): void => {
      this.look().catch((err: unknown) => parts.log.warn({ err }, "certificates could not be looked at"));
    };
    this.#first = setTimeout(look, FIRST_LOOK_MS).unref();
    this.#daily = setInterval(look, LOOK_AGAIN_MS).unref();
    this.#clock = whenSetBack(parts.now, () => parts.follower.loadCertificates());
  }

  /** Looks now. */
  async look(): Promise<void> {
    const { devices, presence, certificates, tls, now } = this.#parts;
    const time = now();
    let late = 0;
    const ids: string[] = [];
    for await (const batch of devices.sketches())
      for (const device of batch)
        if (isLate(device, presence, certificates, time)) {
          late += 1;
          if (ids.length < NAMED) ids.push(device.id);
        }
    const own = tls.ending(time);
    if (late > 0) this.#warn(late, ids);
    if (late > 0 || own.length > 0)
      await this.#note(certificatesEnd({ server: own, devices: late, ids }, time));
  }

  #warn(late: number, ids: readonly string[]): void {
    const more = late > ids.length ? ` and ${late - ids.length} more` : "";
    this.#parts.log.warn(
      { devices: late, ids },
      `the certificates of devices have ended or end soon: ${ids.join(", ")}${more}; see jamesd-ctl list-systems --expires-before 30d`,
    );
  }

  /** A server that is started anew looks sooner than the day after; somebody may be woken by each event. */
  async #note(event: NewEvent): Promise<void> {
    const { events } = this.#parts;
    const [last] = await events.page({ kinds: [event.kind], limit: 1, isLast: true });
    const passed = last ? event.time - last.time : LOOK_AGAIN_MS;
    // By a clock that was set back the last one is yet to come.
    if (passed < 0 || passed >= LOOK_AGAIN_MS - FIRST_LOOK_MS * 2) await events.add(event);
  }

  close(): void {
    clearTimeout(this.#first);
    clearInterval(this.#daily);
    this.#clock.close();
  }
}
