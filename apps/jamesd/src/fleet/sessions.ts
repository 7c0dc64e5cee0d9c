import type { InstalledApp } from "@jamesd/model";
import type { Report } from "../device/report.ts";
import type { Double, Voice } from "../device/voice.ts";
import type { DeviceStore } from "../repository/device-store.ts";
import { hungUp, isConnected } from "./connected.ts";
import type { Drain } from "./drain.ts";
import { LastSeen } from "./last-seen.ts";
import type { Presence } from "./presence.ts";
import type { Deferral, SeenCertificate, Session, Underway } from "./session.ts";
import { Voices } from "./voices.ts";

/** Of a device that was silent for so long nothing is kept but what must not be forgotten. */
const SILENT_MS = 86_400_000;
const FORGET_AGAIN_MS = 3_600_000;

/** The connections of devices to this process: who waits for an answer, and what each was told. */
export class Sessions implements Presence {
  readonly #sessions = new Map<string, Session>();
  readonly #lastSeen: LastSeen;
  readonly #heard: ((id: string) => void) | undefined;
  readonly #now: () => number;
  readonly #forgetting: NodeJS.Timeout;
  #isClosed = false;
  #checkIns = 0;

  /** @param devices with who is told of each device that checks in */
  constructor(
    devices: Pick<DeviceStore, "noteSeen"> & { readonly heard?: (id: string) => void },
    now: () => number,
  ) {
    this.#lastSeen = new LastSeen(devices);
    this.#heard = devices.heard;
    this.#now = now;
    this.#forgetting = setInterval(() => this.forgetSilent(), FORGET_AGAIN_MS).unref();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How many devices this process has heard of lately. */
  get count(): number {
    return this.#sessions.size;
  }

  /** How many check-ins came. */
  get checkIns(): number {
    return this.#checkIns;
  }

  /** Somebody speaks for a device; a refused one is not heard as the device. */
  hear(id: string, voice: Voice): Session {
    const now = this.#now();
    const known = this.#sessions.get(id);
    const session = known ?? newSession(now);
    if (!known) this.#sessions.set(id, session);
    session.voices.hear(voice, session.held !== undefined, now);
    if (!session.voices.double(now)) session.isDoubleTold = false;
    return session;
  }

  /** What is known of the connections of a device for which the same one speaks as before, and which nobody doubts is one; else undefined. */
  of(id: string, voice: Voice): Session | undefined {
    const session = this.#sessions.get(id);
    return session?.voices.isLatest(voice) && !session.voices.double(this.#now()) ? session : undefined;
  }

  /** True of one whose place another machine has. */
  isRefused({ voices }: Session, voice: Voice): boolean {
    return voices.isRefused(voice, this.#now());
  }

  /** A device checks in, and lets the answer wait or not: a newer connection of the same device replaces the one that was held. */
  seen(id: string, session: Session, report: Omit<Report, "digest">, waitMs: number): void {
    const lastSeen = this.#now();
    this.#checkIns += 1;
    session.lastSeen = lastSeen;
    const { certEnds, certIssuer, certificate } = report;
    session.certEnds = certEnds;
    session.certStarts = report.certStarts;
    session.certIssuer = certIssuer;
    if (session.certSerial !== certificate?.serial) session.renewTold = Number.NEGATIVE_INFINITY;
    session.certSerial = certificate?.serial;
    session.deferral = deferralOf(report, lastSeen);
    session.preparing = report.preparing;
    session.clockOff = report.clockOff;
    // What prepares a plan carries it out still.
    if (!report.preparing) session.sent = undefined;
    session.isCut = false;
    session.goneAt = Number.POSITIVE_INFINITY;
    if (waitMs > 0) session.wantedHeld = lastSeen;
    session.askAgainMs = 0;
    session.checkIns += 1;
    this.#lastSeen.note(id, { time: lastSeen, certEnds, certIssuer, certSerial: certificate?.serial });
    session.held?.wake();
    this.#heard?.(id);
  }

  isConnected(id: string): boolean {
    const session = this.#sessions.get(id);
    return session !== undefined && isConnected(session, this.#now());
  }

  /** A device has ended its last connection, and has so long to come back. */
  hungUp(id: string, comeBackMs: number): void {
    const session = this.#sessions.get(id);
    if (session) hungUp(session, this.#now(), comeBackMs);
  }

  lastSeen(id: string): number | undefined {
    return this.#sessions.get(id)?.lastSeen;
  }

  heard(id: string): number | undefined {
    const session = this.#sessions.get(id);
    return session?.held ? this.#now() : session?.lastSeen;
  }

  certificate(id: string): Readonly<SeenCertificate> | undefined {
    return this.#sessions.get(id);
  }

  deferral(id: string): Deferral | undefined {
    return this.#sessions.get(id)?.deferral;
  }

  double(id: string): Double | undefined {
    return this.#sessions.get(id)?.voices.double(this.#now());
  }

  sent(id: string): readonly InstalledApp[] | undefined {
    return this.#sessions.get(id)?.sent;
  }

  /** The apps of all plans that were sent to devices which were not heard of since. */
  *allSent(): Generator<readonly [id: string, apps: readonly InstalledApp[]]> {
    for (const [id, { sent }] of this.#sessions) if (sent) yield [id, sent];
  }

  preparing(id: string): Underway | undefined {
    return this.#sessions.get(id)?.preparing;
  }

  clockOff(id: string): number | undefined {
    return this.#sessions.get(id)?.clockOff;
  }

  /** The devices that hold check-ins. */
  *waiting(): Generator<string> {
    for (const [id, { held }] of this.#sessions) if (held) yield id;
  }

  /** Has a held check-in look again whether there is something to do. @returns false when none is held */
  wake(id: string): boolean {
    const held = this.#sessions.get(id)?.held;
    held?.wake();
    return held !== undefined;
  }

  /** A device is to try again what failed, and was not told so yet. */
  retry(id: string): void {
    const session = this.#sessions.get(id);
    if (session) session.isRetrySent = false;
  }

  /** A device is to renew its certificate, and was not told so yet. */
  renew(id: string): void {
    const session = this.#sessions.get(id);
    if (session) session.renewTold = Number.NEGATIVE_INFINITY;
  }

  /** Forgets those that were silent for long, but for a plan that they were sent, or what they leave alone: who comes again is heard of anew. */
  forgetSilent(): void {
    const now = this.#now();
    for (const [id, { lastSeen, held, sent, deferral }] of this.#sessions)
      if (now - lastSeen >= SILENT_MS && !held && !sent && !(deferral && deferral.until > now))
        this.#sessions.delete(id);
  }

  /** Ends what a device that is forgotten holds open. */
  end(id: string): void {
    const session = this.#sessions.get(id);
    if (!session) return;
    this.#sessions.delete(id);
    session.checkIns += 1;
    session.held?.wake();
  }

  /** A device holds a check-in no longer; it was heard of until now. */
  left(id: string, session: Session): void {
    const { certEnds, certIssuer, certSerial } = session;
    session.lastSeen = this.#now();
    this.#lastSeen.note(id, { time: session.lastSeen, certEnds, certIssuer, certSerial });
  }

  /** A device ended its question while it prepared a plan: it begins to change, as far as is known, and is not away for that. */
  begun(session: Session): void {
    session.isCut = false;
    if (session.preparing) session.preparing = { ...session.preparing, ended: this.#now() };
  }

  /** A device is about to be told to begin: that it is there is written down before. */
  async begins(id: string, session: Session): Promise<void> {
    this.left(id, session);
    await this.#lastSeen.write(id);
  }

  /** Writes down when devices were last seen, as far as it is only in memory. */
  flush(): Promise<void> {
    return this.#lastSeen.flush();
  }

  /** Holds no more, and lets every held check-in go as the drain wants, then writes what is only in memory. */
  async close(drain: Pick<Drain, "letGo">): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#forgetting);
    const held = [...this.#sessions.values()].flatMap((session) => session.held ?? []);
    await drain.letGo(held);
    await this.#lastSeen.close();
  }
}

function newSession(lastSeen: number): Session {
  return {
    lastSeen,
    certEnds: undefined,
    certStarts: undefined,
    certIssuer: undefined,
    certSerial: undefined,
    renewTold: Number.NEGATIVE_INFINITY,
    changed: Number.NEGATIVE_INFINITY,
    askAgainMs: 0,
    deferral: undefined,
    preparing: undefined,
    clockOff: undefined,
    sent: undefined,
    isRetrySent: false,
    isCut: false,
    wantedHeld: Number.NEGATIVE_INFINITY,
    goneAt: Number.POSITIVE_INFINITY,
    held: undefined,
    checkIns: 0,
    heldCheckIn: 0,
    voices: new Voices(),
    isDoubleTold: false,
  };
}

function deferralOf(
  { deferred, retryInMs, waiting }: Pick<Report, "deferred" | "retryInMs" | "waiting">,
  now: number,
): Deferral | undefined {
  return deferred === undefined || retryInMs === undefined
    ? undefined
    : { target: deferred, until: now + retryInMs, waiting };
}
