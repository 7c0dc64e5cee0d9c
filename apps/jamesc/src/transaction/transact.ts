import { randomUUID } from "node:crypto";
import { formatUnknown, type JamesError } from "@jamesd/model";
import { type AnyPlan, isKnownPlan, type Transaction } from "@jamesd/protocol/device";
import { isCutOff } from "./cut-off.ts";
import type { DeviceParts } from "./device-parts.ts";
import { deviceError } from "./disk/device-error.ts";
import type { Remote } from "./fetch/remote.ts";
import { giveUp } from "./give-up.ts";
import { askGo } from "./go.ts";
import { type Attempt, makeReport } from "./journal/report.ts";
import type { Onlooker } from "./onlooker.ts";
import { prepare } from "./prepare.ts";
import { prepareRepair } from "./prepare-repair.ts";
import { switchOver } from "./switch-over.ts";

/**
 * Carries out a plan on a device that no transaction is under way on, in two halves: it is prepared, and when `go` lets it,
 * the device is switched over.
 * @throws as `Device.carryOut`
 */
export async function transact(
  parts: DeviceParts,
  message: AnyPlan,
  remote: Remote,
  signal: AbortSignal,
  onlooker: Onlooker,
): Promise<Transaction> {
  const { state, root } = parts;
  const until = AbortSignal.any([signal, onlooker.replaced]);
  const attempt: Attempt = {
    id: randomUUID(),
    target: message.target,
    revision: message.revision,
    started: Date.now(),
    attempt: state.attemptsOf(message.target) + 1,
    ...(isKnownPlan(message) && message.repair && { repair: true }),
    ...(isKnownPlan(message) && message.reinstall && { reinstall: message.reinstall.id }),
  };
  try {
    if (!isKnownPlan(message)) throw formatUnknown("plan", message.format);
    state.establish();
    const prepareIt = message.repair ? prepareRepair : prepare;
    const prepared = await prepareIt(parts, message, {
      remote,
      signal: until,
      watch: (look) => onlooker.fetching(look),
    });
    await askGo(message, parts.options);
    until.throwIfAborted();
    return await switchOver(parts, attempt, prepared, remote, {
      signal,
      until,
      begun: () => onlooker.begun(),
      committed: (report) => onlooker.committed(report),
    });
  } catch (cause) {
    const { ended, report } = state.saved;
    // It had ended, and only clearing away failed: that is done before the next one.
    if (ended?.id === attempt.id && report) return report;
    const error = deviceError(cause);
    if (error.code === "ROLLBACK_FAILED") return makeReport(attempt, [], { error }, "stuck");
    if (signal.aborted || isCutOff(error)) throw cause;
    return noteFailure(parts, attempt, error);
  } finally {
    // A directory kept open would keep its file system from being unmounted.
    root.forget();
    // Of a plan that waits nothing is to stay in memory.
    parts.store.release();
  }
}

// Where the failure cannot be written, the server is told of it all the same.
function noteFailure(parts: DeviceParts, attempt: Attempt, error: JamesError): Transaction {
  const { state, options } = parts;
  const report = makeReport(attempt, [], { error });
  const hasBegun = state.saved.begun?.id === attempt.id;
  try {
    if (hasBegun) return giveUp(parts, report);
    // Nothing was changed: for the note alone what was fetched is not given up.
    state.giveUp(report);
    return report;
  } catch (cause) {
    const unwritten = deviceError(cause);
    options.log({ event: "state not written", error: unwritten.toBody() });
    if (hasBegun) return makeReport(attempt, [], { error: unwritten }, "stuck");
    state.remember(report);
    return report;
  }
}
