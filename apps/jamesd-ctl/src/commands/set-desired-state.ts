import { addAbortSignal, type Readable } from "node:stream";
import { duration, flag, text } from "@jamesd/config";
import { describeStep, JamesError, sameTags } from "@jamesd/model";
import type { Client, DesiredChange } from "@jamesd/protocol";
import { type Context, defineCommand, type Result } from "../command.ts";
import { explainFailure, failureOf } from "../failure.ts";
import { required } from "../flags.ts";
import { followDevice } from "../follow.ts";
import { readBytes } from "../local-file.ts";
import { parseStateFile, type StateFile } from "../state-file.ts";

/** Sets what a device should have. */
export const setDesiredState = defineCommand({
  name: "set-desired-state",
  aliases: [],
  summary: "set what a device should have, from a YAML file",
  options: {
    file: required(text({ value: "FILE", help: "the state, as get-state prints it; - is standard input" })),
    message: text({ value: "TEXT", help: "why, for the history" }),
    wait: flag({ help: "follow the device until it is in sync or has failed" }),
    timeout: duration({ value: "TIME", help: "how long to wait", default: "10m" }),
  },
  defaultFormat: "yaml",
  async handler({ file, message = "", wait, timeout }, context) {
    const source = file === "-" ? "standard input" : file;
    const bytes = file === "-" ? await readAll(context.stdin, context.signal) : readBytes(file);
    const state = parseStateFile(decode(bytes, source), source);
    const client = context.connect();
    if (state.systemtags) await warnOfSystemTags(client, state, context);
    const change = await set(client, state, message, context.signal);
    return wait ? follow(client, state.id, change, timeout, context) : { data: changeView(state.id, change) };
  },
});

function set(client: Client, { id, apps, revision }: StateFile, message: string, signal: AbortSignal) {
  const body = { apps: apps.map(({ name, tags }) => ({ name, tags: [...tags] })), message };
  return client.call("setDesiredState", {
    params: { id },
    body: revision === undefined ? body : { ...body, revision },
    signal,
  });
}

async function warnOfSystemTags(client: Client, { id, systemtags = [] }: StateFile, context: Context) {
  const device = await client.call("getDevice", { params: { id }, signal: context.signal });
  if (sameTags(device.systemtags, systemtags)) return;
  context.note(
    `warning: the systemtags of the file are not those that ${id} reports; its own are used: ${device.systemtags.join(", ") || "none"}`,
  );
}

// The change is made, whatever becomes of it: it is printed even when following it fails.
async function follow(
  client: Client,
  id: string,
  change: DesiredChange,
  timeoutMs: number,
  { note, signal }: Context,
): Promise<Result> {
  const data = changeView(id, change);
  try {
    const ending = await followDevice(client, { id, change, timeoutMs, note, signal });
    const { device, verdict } = ending;
    if (verdict.kind === "failed") for (const line of explainFailure(id, verdict.transaction)) note(line);
    return { data: { ...data, sync: device.sync }, failure: failureOf(ending) };
  } catch (thrown) {
    if (thrown instanceof JamesError) return { data, failure: thrown };
    throw thrown;
  }
}

function changeView(id: string, { revision, changed, steps }: DesiredChange) {
  return { id, revision, changed, steps: steps.map(describeStep) };
}

async function readAll(stdin: Readable, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of addAbortSignal(signal, stdin)) chunks.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new JamesError("STATE_INVALID", `${source} is not text in UTF-8`, { cause });
  }
}
