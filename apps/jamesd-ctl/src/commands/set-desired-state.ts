import { required, text } from "@jamesd/config";
import { JamesError, sameTags, shellWord } from "@jamesd/model";
import type { Client, DesiredChange, DeviceInfo } from "@jamesd/protocol";
import { type Context, defineCommand } from "../cli/command.ts";
import { YES_FLAG } from "../cli/confirm.ts";
import { askAboutChange, warningLines } from "../documents/make-change.ts";
import type { StateFile } from "../documents/state-file.ts";
import { readText } from "../files/text-file.ts";
import { followChange } from "../follow/follow-change.ts";
import { stepTexts } from "../views/step-text.ts";
import { FORCE_FLAG } from "./document-flags.ts";
import { beginNow, checkNow, NOW_FLAGS } from "./now-flags.ts";
import { WAIT_FLAGS } from "./wait-flags.ts";

/** What `apply` gets past with its flags. */
const OF_ROLLOUTS: ReadonlySet<string> = new Set(["TOO_MANY_AT_ONCE", "ROLLOUT_ACTIVE", "ROLLOUT_REVERTED"]);

/** Sets what a device should have of its own. */
export const setDesiredState = defineCommand({
  name: "set-desired-state",
  aliases: [],
  summary: "set the desired state that a device has of its own, from a YAML file",
  options: {
    file: required(text({ value: "FILE", help: "the state, as get-state prints it; - is standard input" })),
    message: text({ value: "TEXT", help: "why, for the history" }),
    ...FORCE_FLAG,
    ...WAIT_FLAGS,
    ...NOW_FLAGS,
    ...YES_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ file, message = "", force, wait, timeout, yes, ...flags }, context) {
    checkNow(flags);
    // Loaded when it is called: it brings all that documents are read by.
    const { parseStateFile } = await import("../documents/state-file.ts");
    const { text, source } = await readText(file, context);
    const given = parseStateFile(text, source);
    const state = force ? { ...given, revision: undefined } : given;
    const client = context.connect();
    if (state.systemtags) await warnOfSystemTags(client, state, context);
    const asking = { what: `setting the desired state of ${state.id}`, yes };
    const change = await orApply(file, async () => {
      const document = { kind: "device" as const, id: state.id, ...contentOf(state) };
      const isForeseen = await askAboutChange(client, { documents: [document] }, asking, context);
      const made = await set(client, state, message, context.signal);
      if (!isForeseen) for (const line of warningLines(made.warnings)) context.note(line);
      return made;
    });
    const data = changeView(state.id, change);
    const failure = await beginNow(client, state.id, flags, context);
    if (failure) return { data, failure };
    if (!wait) return { data };
    const followed = { revision: change.revision, isMade: change.changed };
    return followChange(client, state.id, followed, timeout, data, context);
  },
});

function set(client: Client, state: StateFile, message: string, signal: AbortSignal) {
  const body = { ...contentOf(state), message };
  return client.call("setDesiredState", { params: { id: state.id }, body, signal });
}

function contentOf({ apps, revision, policy }: StateFile) {
  const content = { apps: apps.map(({ name, tags }) => ({ name, tags: [...tags] })), policy };
  return revision === undefined ? content : { ...content, revision };
}

/** What a hint would say of waves is not for this command, whose `--now` is about a window. @throws JamesError */
async function orApply<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof JamesError) || !OF_ROLLOUTS.has(thrown.code)) throw thrown;
    throw new JamesError(thrown.code, thrown.message, {
      hint: `jamesd-ctl apply --file ${shellWord(file)} sets the same, and has the flags for it: --waves, --supersede, --now and --again.`,
      cause: thrown,
    });
  }
}

async function warnOfSystemTags(client: Client, { id, systemtags = [] }: StateFile, context: Context) {
  const device = await known(client, id, context.signal);
  if (!device || sameTags(device.systemtags, systemtags)) return;
  context.note(
    `warning: the systemtags of the file are not those that ${id} reports; its own are used: ${device.systemtags.join(", ") || "none"}`,
  );
}

/** Undefined for a device that has not checked in yet, which the server warns of. */
async function known(client: Client, id: string, signal: AbortSignal): Promise<DeviceInfo | undefined> {
  try {
    return await client.call("getDevice", { params: { id }, signal });
  } catch (thrown) {
    if (thrown instanceof JamesError && thrown.code === "DEVICE_UNKNOWN") return undefined;
    throw thrown;
  }
}

function changeView(id: string, { revision, changed, steps, packets, problem }: DesiredChange) {
  const outlook = problem
    ? { problem: problem.message, hint: problem.hint ?? "" }
    : { steps: stepTexts(steps, packets) };
  return { id, revision, changed, ...outlook };
}
