import {
  DOCUMENT_KINDS,
  type ErrorCode,
  JamesError,
  type Policy,
  parseName,
  parsePolicy,
  parseSpecId,
  parseTag,
  parseTerm,
} from "@jamesd/model";
import { appSchema, policySchema, specDocumentSchema } from "@jamesd/protocol";
import { z } from "zod";
import { checked, checkedValue } from "./read-as.ts";
import { parsePlan } from "./read-plan.ts";
import { parseConfirm, parseDrift, parseOwners, parseRemoval, parseUnowned } from "./read-policy.ts";
import { parseWindow } from "./read-window.ts";

const tags = z.array(checked(parseTag)).transform((all) => [...new Set(all)]);
const selector = z.array(checked(parseTerm)).transform((all) => [...new Set(all)]);
const app = appSchema.extend({ name: checked(parseName), tags: tags.default([]) });
const apps = z.array(app).superRefine((all, context) => {
  const seen = new Set<string>();
  for (const [i, { name }] of all.entries()) {
    const problem = `is the app ${JSON.stringify(name)} again`;
    if (seen.has(name))
      refuse(context, [i], problem, "List each app once, with all its tags.", "APP_DUPLICATE");
    seen.add(name);
  }
});

const parts = specDocumentSchema.omit({ policy: true, rollout: true }).extend({
  kind: z.enum(DOCUMENT_KINDS).optional(),
  selector: selector.optional(),
  /** For information: the device's own are what counts. */
  systemtags: tags.optional(),
  apps,
  ...policySchema.shape,
  confirm: checked(parseConfirm).optional(),
  unowned: checked(parseUnowned).optional(),
  owners: checked(parseOwners).optional(),
  drift: checked(parseDrift).optional(),
  removal: checked(parseRemoval).optional(),
  window: checkedValue(parseWindow).optional(),
  rollout: checkedValue(parsePlan).optional(),
});

/** The state of one device as people write it: the protocol's document, with the policy spelt out beside the rest. */
export const stateSchema = parts.omit({ selector: true, rollout: true }).superRefine(({ kind }, context) => {
  if (kind === "spec")
    refuse(
      context,
      ["kind"],
      "is spec, but this sets the state of one device",
      "Set specs with jamesd-ctl apply.",
    );
});

/** A state or a spec, which is what has a selector; what it says that it is must not be the other. */
export const documentSchema = parts.superRefine(({ kind, id, selector, systemtags, rollout }, context) => {
  const noBoth = "Leave one of them out";
  if (rollout && !selector)
    refuse(
      context,
      ["rollout"],
      "is of a spec, and there is no selector",
      "Leave it out, or add a selector.",
    );
  if (selector && systemtags)
    refuse(context, ["systemtags"], "are a device's, and the selector is a spec's", `${noBoth}.`);
  if (selector && kind === "device")
    refuse(context, ["selector"], "is a spec's, but kind is device", `${noBoth}, or write kind: spec.`);
  if (!selector && kind === "spec")
    refuse(
      context,
      ["kind"],
      "is spec, but there is no selector",
      "Add the tags that its devices have; selector: [] is for every device.",
    );
  const wrongId = selector && checked(parseSpecId).safeParse(id).error?.issues[0];
  if (wrongId) context.addIssue({ ...wrongId, path: ["id"] });
});

/** The policy of a document that spells it out. */
export function policyOf({ confirm, unowned, owners, drift, removal, window }: Policy): Policy {
  return parsePolicy({ confirm, unowned, owners, drift, removal, window });
}

function refuse(
  context: z.core.$RefinementCtx,
  path: PropertyKey[],
  message: string,
  hint: string,
  code: ErrorCode = "STATE_INVALID",
): void {
  context.addIssue({
    code: "custom",
    path,
    message: ` ${message}`,
    params: { error: new JamesError(code, message, { hint }) },
  });
}
