import { type App, packetLabel } from "@jamesd/model";
import type { PastTransaction } from "../transaction/journal/history.ts";

/** What a transaction changed of the apps: `+vpn [v2] -vpn [v1]`. */
export function changesText(before: readonly App[], after: readonly App[]): string {
  const [old, now] = [before.map(packetLabel), after.map(packetLabel)];
  return [
    ...old.filter((app) => !now.includes(app)).map((app) => `-${app}`),
    ...now.filter((app) => !old.includes(app)).map((app) => `+${app}`),
  ].join(" ");
}

/** Why it failed: `step of app: message`; undefined when it did not. */
export function errorText({ error }: PastTransaction): string | undefined {
  if (!error) return undefined;
  const { step } = error;
  const where = step ? `${step.kind === "script" ? step.script : step.kind} of ${step.app}: ` : "";
  return `${where}${error.message} [${error.code}]`;
}
