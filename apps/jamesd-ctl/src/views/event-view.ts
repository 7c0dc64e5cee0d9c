import { describeStep } from "@jamesd/model";
import type { Event, ShownEvent } from "@jamesd/protocol";
import { isKnownEvent } from "@jamesd/protocol/operator";
import { fullTime, happened, isoTime } from "@jamesd/protocol/words";
import { scriptLines } from "./failure.ts";

type Ended = Extract<Event, { kind: "transaction" }>;

/** An event for programs: as it came, with a time that people can read too. */
export function eventView(event: ShownEvent) {
  const time = fullTime(event.time);
  if (!isKnownEvent(event) || event.kind !== "transaction") return { ...event, time };
  const { transaction } = event;
  return { ...event, time, transaction: { ...transaction, started: isoTime(transaction.started) } };
}

/** An event in one line: when, who from where, what. */
export function eventLine(event: ShownEvent): string {
  const { author, address, time } = event;
  return `${isoTime(time)}  ${author} (${address})  ${happened(event)}`;
}

/** An event with everything that a device's scripts said. */
export function eventLines(event: ShownEvent): readonly string[] {
  if (!isKnownEvent(event) || event.kind !== "transaction") return [eventLine(event)];
  return [eventLine(event), ...transactionLines(event).map((line) => `    ${line}`)];
}

function transactionLines({ transaction: { error, scripts }, omitted }: Ended): readonly string[] {
  const step = error?.step;
  return [
    ...(step ? [`failed at: ${describeStep(step)}`] : []),
    ...(omitted?.scripts ? [`before the scripts below, ${omitted.scripts} more ran`] : []),
    ...scripts.flatMap(scriptLines),
  ];
}
