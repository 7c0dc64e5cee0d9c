import { WITHDRAWING } from "@jamesd/model";
import type { Order, PlanOrder } from "../device/order.ts";
import type { Preparing } from "../device/report.ts";
import {
  type Device,
  haltOf,
  heededPolicy,
  isDeferred,
  isGoKnown,
  isPossible,
  isToRenew,
  isToRepair,
  isWithdrawn,
  wishedGo,
  wishedReinstall,
  wishedRetry,
} from "./device.ts";
import type { Asked, Question } from "./question.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import type { Targets } from "./targets.ts";
import { withheld } from "./withheld.ts";

/** So often a device is told that it is to renew its certificate. */
const RENEW_AGAIN_MS = 600_000;

/** Says whether a device may begin what is wanted for it. */
export interface Admission {
  /** False: not now; it is woken when it may. @param preparing what it says that it prepares: it is under way */
  mayBegin(device: Device, preparing: Preparing | undefined): boolean;
}

/** What orders are made from. */
export interface OrderParts {
  readonly sessions: Pick<Sessions, "wake">;
  readonly targets: Targets;
  readonly admission: Admission;
  readonly now: () => number;
}

/** What each device is to do. */
export class Orders {
  readonly #parts: OrderParts;

  constructor(parts: OrderParts) {
    this.#parts = parts;
  }

  /** What a device is to do; undefined: nothing, as far as is known now. */
  for({ device, asked, session }: Pick<Question, "device" | "asked" | "session">): Order | undefined {
    const plan = this.#planFor(device, asked);
    const { preparing } = asked;
    if (!preparing) {
      if (plan) return { plan };
      return isToLeave(device, asked) ? { leave: true } : this.#wishFor(device, asked, session);
    }
    const isStill =
      plan?.target === preparing.target &&
      plan.revision === preparing.revision &&
      isGoKnown(device, preparing.go);
    // What is being looked at may turn out to be just that.
    const isOpen = !plan && isPossible(device) && device.target?.paths.problem === undefined;
    return isStill || isOpen ? undefined : { leave: true };
  }

  /** What operators want of a device that has what it should have. */
  #wishFor(device: Device, { verifying, certificate }: Asked, session: Session): Order | undefined {
    const verify = device.record?.verify ?? undefined;
    if (verify !== undefined && verify !== verifying) return { verify };
    if (!isToRenew(device, certificate?.serial)) return undefined;
    // It tries by itself from then on.
    return this.#parts.now() - session.renewTold < RENEW_AGAIN_MS ? undefined : { renew: true };
  }

  /** Milliseconds until a device gets the plan that is withheld now. */
  untilOpen(device: Device): number {
    const now = this.#parts.now();
    return (withheld(device, now)?.until ?? Number.POSITIVE_INFINITY) - now;
  }

  #planFor(device: Device, asked: Asked): PlanOrder | undefined {
    const { sessions, targets, admission, now } = this.#parts;
    const { target, record } = device;
    if (!target || !record || haltOf(device) || !isPossible(device)) return undefined;
    const retry = wishedRetry(device);
    const isThere = target.digest === device.appsDigest;
    const reinstall = wishedReinstall(device);
    // It waits for its window as any other plan.
    const isWished = retry !== undefined || (reinstall !== undefined && !asked.waiting);
    const isRepair =
      isThere && !reinstall && (retry === undefined ? isToRepair(device) : record.transaction?.repair);
    if (!isWished && ((isThere && !isRepair && !reinstall) || isDeferred(device, asked))) return undefined;
    if (withheld(device, now())) return undefined;
    if (target.paths.problem === undefined) {
      // It changed while the device waits, such as by an upload.
      targets.paths.check(target).then(
        () => sessions.wake(device.id),
        () => undefined,
      );
      return undefined;
    }
    if (!admission.mayBegin(device, asked.preparing)) return undefined;
    const { steps, apps } = targets.plan(device, target);
    const { revision, windows } = target.wanted;
    const policy = heededPolicy({ record }, target);
    const go = wishedGo(device);
    return {
      ...{ target: target.digest, revision, steps, apps, policy, windows },
      ...(go && { go }),
      ...(retry !== undefined && { retry }),
      ...(isRepair && { repair: true }),
      ...(reinstall && { reinstall }),
    };
  }
}

/** True when a device waits to begin what is not wanted any more, and asks anew when it hears that. */
function isToLeave(device: Device, asked: Asked): boolean {
  return device.record?.features.includes(WITHDRAWING) === true && isWithdrawn(device, asked);
}
