import { parseDuration } from "@jamesd/config";
import { APPROVALS, checkedRollout, type GivenRollout, JamesError, ON_FAILURE } from "@jamesd/model";
import { safeParse } from "@jamesd/protocol";
import { z } from "zod";
import { checked } from "./read-as.ts";
import { parseShare } from "./read-share.ts";

const HINT =
  "Write how it spreads, such as: rollout: {waves: [tag:canary, 10%], bake: 1h, failures: 2%, approve: first}.";

const LIVE: ReadonlySet<string> = new Set(["revision", "stable"]);

const percent = checked(parseShare).optional();
const time = checked(parseDuration).optional();
const times = z.int().optional();
const planSchema = z.strictObject({
  // Who writes 5 without quotes means so many devices as well.
  waves: z.array(z.union([z.string(), z.int().transform(String)])).optional(),
  success: percent,
  failures: percent,
  bake: time,
  silence: time,
  patience: time,
  attempts: times,
  inFlight: times,
  approve: z.enum(APPROVALS).optional(),
  onFailure: z.enum(ON_FAILURE).optional(),
  // For information, as get-spec prints them: the rollout that is live.
  revision: times,
  stable: times,
});

/** Reads how a change spreads, as people write it; undefined: it only says what is live. @throws JamesError STATE_INVALID, ROLLOUT_INVALID, TAG_INVALID */
export function parsePlan(value: unknown): GivenRollout | undefined {
  const { data, error } = safeParse(planSchema, value);
  if (!error) {
    const { bake, silence, patience, revision, stable: _, ...same } = data;
    const isOnlyLive = revision !== undefined && Object.keys(data).every((key) => LIVE.has(key));
    if (isOnlyLive) return undefined;
    return checkedRollout({ ...same, bakeMs: bake, silenceMs: silence, patienceMs: patience });
  }
  const [issue] = error.issues;
  const key = issue?.path.join(".");
  throw new JamesError("STATE_INVALID", `${key ? `${key}: ` : ""}${issue?.message.replace(/^: /, "")}`, {
    hint: HINT,
  });
}
