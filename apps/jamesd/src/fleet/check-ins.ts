import type { JamesError } from "@jamesd/model";
import type { Order, PlanOrder } from "../device/order.ts";
import type { Report } from "../device/report.ts";
import type { Double, Voice } from "../device/voice.ts";
import type { Origin } from "../repository/origin.ts";
import type { RevisionStore } from "../repository/revision-store.ts";
import { stopping } from "../running/stopping.ts";
import type { Turns } from "../running/turns.ts";
import {
  type Device,
  haltOf,
  hasWork,
  isDeferred,
  isGoKnown,
  isNewlyFollowed,
  isPossible,
  isToRenew,
  isToRepair,
  wishedGo,
  wishedReinstall,
  wishedRetry,
} from "./device.ts";
import type { Devices } from "./devices.ts";
import type { LoadedDevice } from "./loaded-device.ts";
import { deviceDoubled } from "./problem.ts";
import type { Replacing } from "./replacing.ts";
import type { Incoming, Reports } from "./reports.ts";
import type { Seals } from "./seals.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import type { Targets } from "./targets.ts";
import { untilWoken } from "./until-woken.ts";
import { withheld } from "./withheld.ts";

/** So often a device is told that it is to renew its certificate. */
const RENEW_AGAIN_MS = 600_000;

/** How the author of a check-in waits for the answer. */
export interface Waiting {
  readonly waitMs: number;
  /** Number of its connection in this process. */
  readonly connection: number;
  /** Called before something new is written. @throws JamesError when the author makes the server write too often */
  readonly spendNews: () => void;
  /** Aborts when nobody waits any more. */
  readonly signal: AbortSignal;
}

/** What answers check-ins. */
export interface CheckInParts {
  readonly devices: Devices;
  readonly sessions: Sessions;
  readonly targets: Targets;
  readonly reports: Reports;
  readonly seals: Seals;
  readonly revisions: Pick<RevisionStore, "get">;
  readonly now: () => number;
  /** Of all who write what is known of a device, by its id. */
  readonly writes: Turns;
  readonly replacing: Pick<Replacing, "isFirstUse" | "use">;
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

  constructor(parts: CheckInParts) {
    this.#parts = parts;
  }

  /**
   * The report and question of a device: of the author. The answer comes when there is something to do, or after `waitMs`, or when the
   * signal says that nobody waits any more. Undefined: nothing to do.
   * @throws JamesError what `spendNews` throws; SERVER_STOPPING instead of that, when the sessions were closed; DEVICE_DOUBLED to a machine whose place another has
   */
  async answer(
    origin: Origin,
    report: Report,
    { waitMs, connection, spendNews, signal }: Waiting,
  ): Promise<Order | undefined> {
    const { devices, sessions, targets, replacing, now } = this.#parts;
    const { author: id, address } = origin;
    const device = devices.entered(id) ?? (await devices.enter(id));
    // Whatever is written because of it is paid for, whichever part of it that is.
    const isNews = hasNews(report, device);
    if (isNews) spendNews();
    const { certificate } = report;
    // Whoever comes with the one before is gone when this one is heard.
    if (certificate && replacing.isFirstUse(id, certificate)) await replacing.use(certificate, origin);
    const voice = { instance: report.instance, connection, address };
    const session = sessions.hear(id, voice);
    const double = sessions.double(id);
    if (double) await this.#guard(device, session, { double, voice, origin });
    sessions.seen(id, session, report);
    const { checkIns, sent } = session;
    session.preparing = report.preparing;
    // What prepares a plan carries it out still.
    if (!report.preparing) session.sent = undefined;
    if (isNews) await this.#take(device, session, { report, sent, origin });
    if (device.stateDigest !== report.digest) return { tellState: true };
    // Here, so that who does not wait gets its plan as well. When it fails it is tried again when the device asks next.
    const { target } = device;
    if (target && hasWork(device)) await targets.paths.check(target).catch(() => null);
    // Not the clock that people set: a step of it would hold the answer for as long.
    const until = performance.now() + waitMs;
    let order = this.#orderFor(device, report, session);
    // Woken for nothing, such as a change that asks nothing of this device, it waits on.
    while (!order && !sessions.isClosed && checkIns === session.checkIns && performance.now() < until) {
      await untilWoken(session, Math.min(until - performance.now(), this.#untilOpen(device)), signal);
      order = this.#orderFor(device, report, session);
      if (signal.aborted) break;
    }
    // It ends the question when it begins to change, and is not away for that.
    if (report.preparing) session.isCut = false;
    // Overtaken by a newer one, or forgotten: what it would be told may hold no longer.
    if (checkIns !== session.checkIns)
      return report.state ? undefined : this.#overtaken(device, session, voice);
    if (!order && sessions.isClosed) throw stopping();
    const plan = order?.plan;
    if (order && "renew" in order) session.renewTold = now();
    if (!plan) return order;
    // What is put right stays what it is.
    session.sent = plan.repair ? undefined : plan.apps;
    if (plan.retry !== undefined) session.isRetrySent = true;
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

  #take(device: LoadedDevice, session: Session, said: Omit<Incoming, "isRetrySent">): Promise<void> {
    const { devices, reports, writes } = this.#parts;
    return writes.take(device.id, async () => {
      // Not of one that was forgotten while its report waited for its turn.
      if (devices.has(device)) await reports.take(device, { ...said, isRetrySent: session.isRetrySent });
    });
  }

  #orderFor(device: Device, report: Report, session: Session): Order | undefined {
    const plan = this.#planFor(device, report);
    const { preparing } = report;
    if (!preparing) return plan ? { plan } : this.#wishFor(device, report, session);
    const isStill =
      plan?.target === preparing.target &&
      plan.revision === preparing.revision &&
      isGoKnown(device, preparing.go);
    // What is being looked at may turn out to be just that.
    const isOpen = !plan && isPossible(device) && device.target?.paths.problem === undefined;
    return isStill || isOpen ? undefined : { leave: true };
  }

  /** What operators want of a device that has what it should have. */
  #wishFor(device: Device, { verifying, certificate }: Report, session: Session): Order | undefined {
    const verify = device.record?.verify ?? undefined;
    if (verify !== undefined && verify !== verifying) return { verify };
    if (!isToRenew(device, certificate?.serial)) return undefined;
    // It tries by itself from then on.
    return this.#parts.now() - session.renewTold < RENEW_AGAIN_MS ? undefined : { renew: true };
  }

  /** Milliseconds until a device gets the plan that is withheld now. */
  #untilOpen(device: Device): number {
    const now = this.#parts.now();
    return (withheld(device, now)?.until ?? Number.POSITIVE_INFINITY) - now;
  }

  #planFor(device: Device, report: Report): PlanOrder | undefined {
    const { sessions, targets, now } = this.#parts;
    const { target, record } = device;
    if (!target || !record || haltOf(device) || !isPossible(device)) return undefined;
    const retry = wishedRetry(device);
    const isThere = target.digest === device.appsDigest;
    const reinstall = wishedReinstall(device);
    // It waits for its window as any other plan.
    const isWished = retry !== undefined || (reinstall !== undefined && !report.waiting);
    const isRepair =
      isThere && !reinstall && (retry === undefined ? isToRepair(device) : record.transaction?.repair);
    if (!isWished && ((isThere && !isRepair && !reinstall) || isDeferred(device, report))) return undefined;
    if (withheld(device, now())) return undefined;
    if (target.paths.problem === undefined) {
      // It changed while the device waits, such as by an upload.
      targets.paths.check(target).then(
        () => sessions.wake(device.id),
        () => undefined,
      );
      return undefined;
    }
    const { steps, apps } = targets.plan(device, target);
    const { revision, policy, windows } = target.wanted;
    const go = wishedGo(device);
    return {
      ...{ target: target.digest, revision, steps, apps, policy, windows },
      ...(go && { go }),
      ...(retry !== undefined && { retry }),
      ...(isRepair && { repair: true }),
      ...(reinstall && { reinstall }),
    };
  }

  /** A plan with the seal by which its revision is known again. */
  async #sealed(plan: PlanOrder): Promise<PlanOrder> {
    const revision = await this.#parts.revisions.get(plan.revision);
    return revision ? { ...plan, seal: this.#parts.seals.of(revision) } : plan;
  }
}

/** True of a report that says something new. */
function hasNews({ state, transaction, drift, verified, followed }: Report, device: Device): boolean {
  return Boolean(state || transaction || drift || verified) || isNewlyFollowed(followed, device);
}
