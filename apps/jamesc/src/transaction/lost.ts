import { type JamesError, sha256, UNUSABLE } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol/device";
import type { DeviceParts } from "./device-parts.ts";
import { makeReport } from "./journal/report.ts";
import { holdsOldFiles, keepApart, OWN_AREA } from "./old-files.ts";
import { areaPath } from "./switch/area.ts";

const NO_TARGET = "0".repeat(64);

/**
 * The report of a device that cannot say what it is like. Where no transaction is known to be under way it has a name of
 * its own, the same as long as the error is.
 */
export function unusableReport(error: JamesError): Transaction {
  const id = `${UNUSABLE}${sha256(`${error.code} ${error.message}`).slice(0, 16)}`;
  const attempt = { id, target: NO_TARGET, revision: 0, started: Date.now(), attempt: 1 };
  return makeReport(attempt, [], { error }, "stuck");
}

/** The report of a transaction whose journal is lost. */
export function lostReport(error: JamesError, { state }: DeviceParts): Transaction {
  const { begun } = state.saved;
  if (!begun) return unusableReport(error);
  const attempt = { ...begun, attempt: state.attemptsOf(begun.target) + 1 };
  return makeReport(attempt, [], { error }, "stuck");
}

/** An operator wants to go on without the journal: it and what was set aside get other names, and state.json counts. */
export function goOnWithout(id: string, parts: DeviceParts): void {
  const { layout, root, state, options } = parts;
  const areas = [OWN_AREA, ...(state.saved.begun?.areas ?? []).filter(({ base }) => base === "root")];
  const kept = [
    keepApart(layout.journal),
    ...areas
      .filter((area) => holdsOldFiles(area, parts))
      .map((area) => keepApart(areaPath(area, layout, root))),
  ];
  root.forget();
  state.abandon(id);
  options.log({ event: "lost transaction set apart", transaction: id, kept });
}
