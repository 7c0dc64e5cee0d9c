import { duration, flag } from "@jamesd/config";
import { formatDuration, JamesError, shellWord } from "@jamesd/model";
import type { Client } from "@jamesd/protocol";
import { type Context, defineCommand, type Result } from "../cli/command.ts";
import { differenceCode, EXIT_CODE_FLAG } from "../cli/exit-code.ts";
import { looksByItself } from "../follow/interrupted.ts";
import { readEvents } from "../follow/read-events.ts";
import { driftView } from "../views/drift-view.ts";
import { deviceIdFlag } from "./id-flags.ts";

/** Of what was answered already so many are looked at: more are not asked for in a moment. */
const LAST_ANSWERS = 20;

/** Has a device compare the contents of all files with its packets. */
export const verify = defineCommand({
  name: "verify",
  aliases: [],
  summary: "have a device look at once whether the contents of all its files are what its packets have",
  options: {
    id: deviceIdFlag,
    wait: flag({ help: "wait for what it finds" }),
    ...EXIT_CODE_FLAG,
    timeout: duration({ value: "TIME", help: "how long to wait", default: "10m" }),
  },
  defaultFormat: "yaml",
  async handler({ id, wait, exitCode, timeout }, context) {
    const client = context.connect();
    const wish = await client.call("verify", { params: { id }, signal: context.signal });
    if (!wait) return { data: { id, verify: wish.verify } };
    return await waitFor(client, { id, verify: wish.verify, exitCode, timeout }, context);
  },
});

interface Waiting {
  readonly id: string;
  readonly verify: string;
  readonly exitCode: boolean;
  readonly timeout: number;
}

async function waitFor(
  client: Client,
  { id, verify, exitCode, timeout }: Waiting,
  context: Context,
): Promise<Result> {
  const deadline = AbortSignal.timeout(timeout);
  const signal = AbortSignal.any([context.signal, deadline]);
  try {
    await answer(client, id, verify, signal);
  } catch (thrown) {
    const data = { id, verify };
    if (context.signal.aborted) {
      context.note(looksByItself(id));
      return { data };
    }
    if (!deadline.aborted) throw thrown;
    return { data, failure: timedOut(id, timeout) };
  }
  const { drift } = await client.call("getDevice", { params: { id }, signal: context.signal });
  const view = driftView(drift ?? null);
  return { data: { id, ...view }, exitCode: differenceCode(exitCode, (drift?.count ?? 0) > 0) };
}

async function answer(client: Client, device: string, verify: string, signal: AbortSignal): Promise<void> {
  const request = { device, kinds: "verified", last: LAST_ANSWERS, follow: true };
  for await (const event of readEvents(client, request, signal))
    if (event.kind === "verified" && event.verify === verify) return;
}

function timedOut(id: string, timeoutMs: number): JamesError {
  return new JamesError("WAIT_TIMEOUT", `${id} has not answered after ${formatDuration(timeoutMs)}`, {
    hint: `It answers when it can: see jamesd-ctl describe --id ${shellWord(id)}.`,
  });
}
