import type { JamesError } from "@jamesd/model";
import type { Order, PlanOrder } from "../device/order.ts";
import type { Report } from "../device/report.ts";
import type { Double, Voice } from "../device/voice.ts";
import type { Origin } from "../repository/origin.ts";
import type { RevisionStore } from "../repository/revision-store.ts";
import type { Shedding } from "../running/shedding.ts";
import { stopping } from "../running/stopping.ts";
import type { Turns } from "../running/turns.ts";
import type { RolloutAdmission } from "./admission.ts";
import { type Device, hasWork } from "./device.ts";
import type { Devices } from "./devices.ts";
import type { Drain } from "./drain.ts";
import { HeldCheckIn } from "./held-check-in.ts";
import type { HeldCheckIns } from "./held-check-ins.ts";
import type { Holding } from "./holding.ts";
import type { Leaving } from "./leaving.ts";
import type { LoadedDevice } from "./loaded-device.ts";
import type { Orders } from "./orders.ts";
import { deviceDoubled } from "./problem.ts";
import { askedBy, hasNews, isChange, isOvertaken, type Question } from "./question.ts";
import type { Replacing } from "./replacing.ts";
import type { Incoming, Reports } from "./reports.ts";
import type { Seals } from "./seals.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import type { Targets } from "./targets.ts";

/** How the author of a check-in waits for the answer. */
export interface Waiting {
  readonly waitMs: number;
  /** Number of its connection in this process. */
  readonly connection: number;
  /** Called before something new is written. @throws JamesError when the author makes the server write too often */
  readonly spendNews: () => void;
  /** Aborts when nobody waits any more. */
  readonly signal: Leaving;
}

/** What answers check-ins. */
export interface CheckInParts {
  readonly devices: Devices;
  readonly sessions: Sessions;
  readonly held: HeldCheckIns;
  readonly holding: Holding;
  readonly shedding: Pick<Shedding, "mayRefuse">;
  readonly drain: Pick<Drain, "comeBackMs">;
  readonly targets: Targets;
  readonly orders: Orders;
  readonly reports: Reports;
  readonly seals: Seals;
  readonly revisions: Pick<RevisionStore, "get">;
  readonly now: () => number;
  /** Of all who write what is known of a device, by its id. */
  readonly writes: Turns;
  readonly replacing: Pick<Replacing, "isFirstUse" | "use">;
  readonly admission: Pick<RolloutAdmission, "heard" | "isInBetween">;
  /** Told of what an operator should look at. */
  readonly warn: (problem: JamesError) => void;
}

/** One of several machines that speak for a device. */
interface Doubled {
  readonly double: Double;
  readonly voice: Voice;
  readonly origin: Origin;
}

/** Answers check-ins. Of an unchanged one nothing is read or written. */
export class CheckIns {
  readonly #parts: CheckInParts;
  /** After a change for many all of them follow one revision, which never changes. */
  #lastSealed: { readonly number: number; readonly seal: string } | undefined;
  #plans = 0;
  #reports = 0;

  constructor(parts: CheckInParts) {
    this.#parts = parts;
  }

  /** How many came since the start, the reports among them that said something new, and the plans that were sent. */
  get counts(): { readonly checkIns: number; readonly reports: number; readonly plans: number } {
    return { checkIns: this.#parts.sessions.checkIns, reports: this.#reports, plans: this.#plans };
  }

  /**
   * The report and question of a device: of the author. The answer comes when there is something to do, or after `waitMs`, or when the
   * signal says that nobody waits any more. Undefined: nothing to do.
   * @throws JamesError what `spendNews` throws; SERVER_STOPPING instead of that, when the sessions were closed; DEVICE_DOUBLED to a machine whose place another has
   */
  async answer(origin: Origin, report: Report, waiting: Waiting): Promise<Order | undefined> {
    const question = await this.#take(origin, report, waiting);
    // Nothing else is kept while it is held.
    return question ? this.resume(question, waiting.signal) : { tellState: true };
  }

  /** Goes on with one that was taken in. @throws JamesError as `answer` */
  resume(question: Question, signal: Leaving): Promise<Order | undefined> {
    const { holding } = this.#parts;
    const order = this.#orderFor(question);
    if (order || !this.#mayWait(question) || !holding.begin(question)) return this.#answerTo(question, order);
    return new Promise((resolve) => {
      const leave = (): void => held.leave();
      const held = this.#hold(question, (order) => {
        signal.removeEventListener("abort", leave);
        resolve(this.#answerTo(question, order));
      });
      signal.addEventListener("abort", leave);
      // It may have gone while its report was written: then no event comes any more.
      if (signal.aborted) leave();
    });
  }

  /**
   * Takes in a check-in that says what one before it said, when there was nothing to do. @returns its question;
   * undefined, and nothing is done: it is for `answer`, since something has changed
   */
  takeUnchanged(id: string, voice: Voice, report: Report, waitMs: number): Question | undefined {
    const { devices, sessions, holding, orders, replacing, admission } = this.#parts;
    const device = devices.entered(id);
    const session = sessions.of(id, voice);
    const { certificate, preparing } = report;
    if (!device?.record || !session || sessions.isClosed) return undefined;
    if (preparing || hasNews(report, device)) return undefined;
    if (certificate && replacing.isFirstUse(id, certificate)) return undefined;
    if (device.stateDigest !== report.digest || hasWork(device)) return undefined;
    const question = { device, session, voice, asked: report, hasState: false };
    if (orders.for(question)) return undefined;
    if (waitMs > 0 && !holding.begin({ ...question, checkIn: session.checkIns + 1 })) return undefined;
    sessions.hear(id, voice);
    sessions.seen(id, session, report, waitMs);
    admission.heard(id, undefined);
    return { ...question, checkIn: session.checkIns, until: performance.now() + waitMs };
  }

  /** Holds one that was taken in, as long as there is nothing to do. `end` is told whether it is answered with that; else it is for `resume`. */
  holdUnchanged(question: Question, end: (isNothing: boolean) => void): HeldCheckIn {
    return this.#hold(question, (order) =>
      end(
        !order &&
          !this.#parts.sessions.isClosed &&
          !isOvertaken(question) &&
          this.#parts.holding.isHeld(question),
      ),
    );
  }

  /** Somebody else has the question of one that is held: it is not answered. */
  withdraw(held: HeldCheckIn): void {
    held.withdraw();
    this.#parts.holding.end(held.question);
  }

  /** Takes in what a check-in reports. @returns its question; undefined: it is to tell its state first */
  #take(origin: Origin, report: Report, waiting: Waiting): Promise<Question | undefined> {
    // From then on it is connected, which keeps it in memory.
    return this.#parts.devices.work(origin.author, (device) => this.#hear(device, origin, report, waiting));
  }

  async #hear(device: LoadedDevice, origin: Origin, report: Report, waiting: Waiting) {
    const { sessions, targets, replacing, admission } = this.#parts;
    const { waitMs, connection, spendNews } = waiting;
    const { id } = device;
    const { address } = origin;
    // Whatever is written because of it is paid for, whichever part of it that is.
    const isNews = hasNews(report, device);
    if (isNews) spendNews();
    // One that is held does not come again for a while, and one that cannot be is told when to.
    else if (waitMs === 0) this.#parts.shedding.mayRefuse();
    const { certificate } = report;
    // Whoever comes with the one before is gone when this one is heard.
    if (certificate && replacing.isFirstUse(id, certificate)) await replacing.use(certificate, origin);
    const voice = { instance: report.instance, connection, address };
    const session = sessions.hear(id, voice);
    const double = sessions.double(id);
    if (double) await this.#guard(device, session, { double, voice, origin });
    const { sent } = session;
    sessions.seen(id, session, report, waitMs);
    admission.heard(id, report.preparing);
    const { checkIns: checkIn } = session;
    if (isChange(report, device)) this.#parts.holding.noteChange(session);
    if (isNews) await this.#write(device, session, { report, sent, origin });
    if (device.stateDigest !== report.digest) return undefined;
    // Here, so that who does not wait gets its plan as well. When it fails it is tried again when the device asks next.
    const { target } = device;
    if (target && hasWork(device)) await targets.paths.check(target).catch(() => null);
    const until = performance.now() + waitMs;
    const hasState = report.state !== undefined;
    return { device, session, checkIn, voice, asked: askedBy(report), hasState, until };
  }

  #hold(question: Question, end: (order: Order | undefined) => void): HeldCheckIn {
    const held = new HeldCheckIn(question, this.#parts.held, this.#look, end);
    held.wait(this.#nextLook(question));
    return held;
  }

  // One function for all that are held.
  readonly #look = (held: HeldCheckIn): void => {
    const { question, isGone } = held;
    const { holding } = this.#parts;
    const order = this.#orderFor(question);
    // Woken for nothing, such as a change that asks nothing of this device, it waits on.
    if (!order && !isGone && this.#mayWait(question) && holding.isHeld(question)) {
      held.wait(this.#nextLook(question));
      return;
    }
    holding.end(question);
    held.end(order);
  };

  /** One that was overtaken gets none, and takes no place from others. */
  #orderFor(question: Question): Order | undefined {
    return isOvertaken(question) ? undefined : this.#parts.orders.for(question);
  }

  #mayWait(question: Question): boolean {
    return !this.#parts.sessions.isClosed && !isOvertaken(question) && performance.now() < question.until;
  }

  /** When the time is up, or a window opens by then, in milliseconds of `performance.now()`. */
  #nextLook({ device, until }: Question): number {
    return Math.min(until, performance.now() + this.#parts.orders.untilOpen(device));
  }

  async #answerTo(question: Question, order: Order | undefined): Promise<Order | undefined> {
    const { sessions, holding, drain, admission, now } = this.#parts;
    const { device, session, voice, asked, hasState } = question;
    if (asked.preparing && session.isCut) sessions.begun(session);
    // Forgotten while it was held: said at once, so that it is not away until it asks next.
    if (isOvertaken(question) && !this.#parts.devices.isKnown(device.id)) return { tellState: true };
    if (isOvertaken(question)) return hasState ? undefined : this.#overtaken(device, session, voice);
    if (!order && sessions.isClosed) throw stopping(drain.comeBackMs());
    if (!order && this.#mayWait(question) && !holding.isHeld(question)) return holding.later(session);
    const plan = order?.plan;
    if (order && "renew" in order) session.renewTold = now();
    if (!plan) return order;
    this.#plans += 1;
    holding.noteChange(session);
    // What is put right stays what it is.
    session.sent = plan.repair ? undefined : plan.apps;
    if (plan.retry !== undefined) session.isRetrySent = true;
    // After a crash nothing else would say that it may have begun.
    if (admission.isInBetween(device.id)) await sessions.begins(device.id, session);
    return { plan: await this.#sealed(plan) };
  }

  /** Of machines with one certificate one is served, so that they do not fight. @throws JamesError DEVICE_DOUBLED to the others */
  async #guard(device: Device, session: Session, { double, voice, origin }: Doubled): Promise<void> {
    const { sessions, reports, writes, warn } = this.#parts;
    if (!session.isDoubleTold) {
      session.isDoubleTold = true;
      await writes.take(device.id, () => reports.tellDouble(device, double, origin));
      warn(deviceDoubled(device.id, double));
    }
    if (sessions.isRefused(session, voice)) throw deviceDoubled(device.id, double);
  }

  /** The answer to one that was overtaken: by another machine perhaps, so that it is to say at once that it is still there. */
  #overtaken(device: Device, { voices }: Session, voice: Voice): Order | undefined {
    const isKnown = voices.isLatest(voice) || this.#parts.sessions.double(device.id) !== undefined;
    return isKnown ? undefined : { tellState: true };
  }

  #write(device: LoadedDevice, session: Session, said: Omit<Incoming, "isRetrySent">): Promise<void> {
    const { devices, reports, writes } = this.#parts;
    return writes.take(device.id, async () => {
      // Not of one that was forgotten while its report waited for its turn.
      if (!devices.has(device)) return;
      await reports.take(device, { ...said, isRetrySent: session.isRetrySent });
      this.#reports += 1;
    });
  }

  /** A plan with the seal by which its revision is known again. */
  async #sealed(plan: PlanOrder): Promise<PlanOrder> {
    const { revisions, seals } = this.#parts;
    if (this.#lastSealed?.number !== plan.revision) {
      const revision = await revisions.get(plan.revision);
      if (!revision) return plan;
      this.#lastSealed = { number: plan.revision, seal: seals.of(revision) };
    }
    return { ...plan, seal: this.#lastSealed.seal };
  }
}
