import { type Agent, failureOf } from "./agent.ts";
import type { Deferred } from "./deferral.ts";

/** One check-in, what it says, and the report. @throws JamesError when the server is not reachable or the plan failed */
export async function runOnce(agent: Agent, signal: AbortSignal): Promise<void> {
  const first = await checkIn(agent, undefined, signal);
  const reply = agent.isToRenew ? await checkIn(agent, undefined, signal) : first;
  if (reply.verify !== undefined) await agent.verified();
  const { plan } = reply.verify === undefined ? reply : await checkIn(agent, undefined, signal);
  if (!plan || agent.isDone(plan)) {
    const stuck = agent.stuck && (await agent.mend());
    if (stuck) throw failureOf(stuck);
    return;
  }
  const failure = failureOf(await agent.carryOut(plan, signal));
  // Deferred, so that the answer to a failure is not the same plan again.
  await checkIn(agent, failure && { target: plan.target }, signal);
  if (failure) throw failure;
}

async function checkIn(agent: Agent, deferred: Deferred | undefined, signal: AbortSignal) {
  await agent.renewIfDue(signal);
  const reply = await agent.checkIn(0, deferred, signal);
  await agent.acknowledge();
  return reply;
}
