import {
  appsDigest,
  findPathConflict,
  type InstalledApp,
  JamesError,
  makePlan,
  type Packet,
  type Plan,
  packetLabel,
  type Step,
  scriptNames,
} from "@jamesd/model";
import type { PlanMessage } from "@jamesd/protocol/device";
import type { PacketOf } from "./packet-lookup.ts";

/**
 * The plan that is carried out: the device's own, from what is installed to what the server wants. The server's must be
 * the same, or it knew another state. `packetOf` knows all packets that are installed or wanted.
 * @throws JamesError TRANSACTION_FAILED, PATH_CONFLICT
 */
export function checkPlan(
  message: PlanMessage,
  installed: readonly InstalledApp[],
  packetOf: PacketOf,
): Plan {
  for (const { name, digest } of message.apps) checkName(name, packetOf(digest));
  const plan = makePlan(
    installed,
    message.apps,
    (digest) => scriptNames(packetOf(digest).scripts),
    message.reinstall?.app,
  );
  // The server plans every script of a packet that it no longer has.
  const theirs = message.steps.filter(
    (step) => step.kind !== "script" || packetOf(step.packet).scripts[step.script],
  );
  if (appsDigest(message.apps) !== message.target || stepsKey(theirs) !== stepsKey(plan.steps))
    throw new JamesError(
      "TRANSACTION_FAILED",
      "the server's plan does not start from what is installed here",
      { hint: "It is asked for again with the next check-in." },
    );
  const owned = message.apps.map(({ name, digest }) => ({ app: name, manifest: packetOf(digest).manifest }));
  const conflict = findPathConflict(owned);
  if (conflict)
    throw new JamesError("PATH_CONFLICT", `${conflict.apps.join(" and ")} both want /${conflict.path}`);
  return plan;
}

function checkName(app: string, packet: Packet): void {
  if (packet.name === app) return;
  throw new JamesError(
    "TRANSACTION_FAILED",
    `the server's plan has ${packetLabel(packet)} installed as ${app}, which is not its name`,
  );
}

function stepsKey(steps: readonly Step[]): string {
  return JSON.stringify(
    steps.map((step) => [step.kind, step.app, step.packet, step.kind === "script" ? step.script : ""]),
  );
}
