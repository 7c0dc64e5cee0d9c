import { flag, text } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import type { Adopted, BodyOf } from "@jamesd/protocol";
import { defineCommand } from "../cli/command.ts";
import { confirmImpact, YES_FLAG } from "../cli/confirm.ts";
import { AT_ONCE_FLAG } from "./at-once-flag.ts";
import { anyDeviceFlag } from "./id-flags.ts";

/** A decision for a large fleet may take its time. */
const TIMEOUT_MS = 120_000;

/** Decides for devices that do not go by the history of the server. */
export const adoptState = defineCommand({
  name: "adopt-state",
  aliases: [],
  summary: "decide for a device that is halted: what it has is its desired state, or the server is right",
  options: {
    id: anyDeviceFlag,
    all: flag({ help: "every device that is halted; says how many there are" }),
    fromServer: flag({ help: "the server is right: they get what is wanted for them here" }),
    dryRun: flag({ help: "only print what would happen" }),
    message: text({ value: "TEXT", help: "why, for the history" }),
    ...AT_ONCE_FLAG,
    ...YES_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ id, all, fromServer, now, yes, dryRun, message = "" }, context) {
    if ((id === undefined) === !all)
      throw new JamesError("USAGE", all ? "--id and --all are both given" : "no device is named", {
        hint: "Name a device with --id, or all that are halted with --all; list-systems --sync halted shows them.",
      });
    const client = context.connect();
    const adopt = (isDry: boolean): Promise<Adopted> => {
      const keep = fromServer ? "server" : "device";
      const body: BodyOf<"adoptState"> = {
        keep,
        dryRun: isDry,
        message,
        ...(id !== undefined && { ids: [id] }),
        ...(now && { now }),
      };
      return client.call("adoptState", { body, signal: context.signal, timeoutMs: TIMEOUT_MS });
    };
    if (!dryRun && !yes) {
      const what = fromServer ? "having them get what the server wants" : "taking what they have as wanted";
      await confirmImpact({ ...(await adopt(true)), unsatisfiable: 0 }, what, yes, context);
    }
    const adopted = await adopt(dryRun);
    if (adopted.devices === 0 && adopted.refused.length === 0) context.note(nothingText(id, fromServer));
    return { data: adoptedView(adopted, dryRun), failure: refusal(adopted) };
  },
});

function nothingText(id: string | undefined, isFromServer: boolean): string {
  if (id === undefined) return "there is nothing to adopt: no device is halted";
  const why = isFromServer ? "is not halted" : "is not halted, and has what it should have";
  return `there is nothing to adopt: ${id} ${why}`;
}

function adoptedView({ revision, devices, ids, refused, more }: Adopted, isDry: boolean) {
  const isMade = !isDry && devices > 0;
  return {
    ...(isDry && { dryRun: true }),
    ...(isMade ? { revision } : { currentRevision: revision }),
    devices,
    ids: ids.length < devices ? [...ids, "…"] : ids,
    ...(refused.length > 0 && {
      refused: refused.map(({ id, problem }) => ({ id, problem: problem.message, hint: problem.hint ?? "" })),
    }),
    ...(more > 0 && { moreRefused: more }),
  };
}

function refusal({ refused, more }: Adopted): JamesError | undefined {
  const [first] = refused;
  if (!first) return undefined;
  const others = refused.length + more - 1;
  const error = JamesError.fromBody(first.problem);
  const rest = others > 0 ? `, and ${others} more cannot either` : "";
  return new JamesError(error.code, `${first.id} cannot be given what it has: ${error.message}${rest}`, {
    hint: error.hint,
  });
}
