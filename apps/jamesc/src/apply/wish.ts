import { parseYaml } from "@jamesd/config/yaml";
import {
  type App,
  JamesError,
  OWNERS_POLICIES,
  type Policy,
  parseApps,
  parseTags,
  REMOVAL_POLICIES,
  UNOWNED_POLICIES,
} from "@jamesd/model";
import { codedError } from "../transaction/disk/device-error.ts";

/** What a device is to have, as a file says it. */
export interface Wish {
  /** Undefined: whoever reads it. */
  readonly id: string | undefined;
  readonly apps: readonly App[];
  readonly policy: Pick<Policy, "unowned" | "owners" | "removal">;
}

const CHOICES = { unowned: UNOWNED_POLICIES, owners: OWNERS_POLICIES, removal: REMOVAL_POLICIES };
/** What such a file says besides, and is of no account here. */
const PASSED_OVER = new Set(["systemtags", "revision", "confirm", "window", "drift"]);

/**
 * Reads a desired state as `jamesd-ctl get-state` and `get-desired-state` print it.
 * @throws JamesError STATE_INVALID, NAME_INVALID, TAG_INVALID, APP_DUPLICATE
 */
export function parseWish(path: string, text: string): Wish {
  const document = objectOf(path, "", readYaml(path, text));
  const { id, apps, ...rest } = document;
  const strange = Object.keys(rest).find((key) => !(key in CHOICES) && !PASSED_OVER.has(key));
  if (strange !== undefined) throw invalid(path, `${strange} is not a key of a desired state`);
  return {
    id: id === undefined || id === null ? undefined : textOf(path, "id", id),
    apps: parseApps(listOf(path, "apps", apps).map((app, i) => appOf(path, `apps[${i}]`, app))),
    policy: {
      ...choice(path, "unowned", rest.unowned),
      ...choice(path, "owners", rest.owners),
      ...choice(path, "removal", rest.removal),
    },
  };
}

// A state that is no YAML is no state, and no configuration either.
function readYaml(path: string, text: string): unknown {
  try {
    return parseYaml(path, text);
  } catch (cause) {
    const { message, hint } = codedError(cause);
    throw new JamesError("STATE_INVALID", message, { hint, cause });
  }
}

function appOf(path: string, where: string, value: unknown): App {
  const { name, tags, ...rest } = objectOf(path, where, value);
  const strange = Object.keys(rest).find((key) => key !== "digest");
  if (strange !== undefined) throw invalid(path, `${strange} is not a key of an app`);
  const words = tags === undefined || tags === null ? [] : listOf(path, `${where}.tags`, tags);
  return {
    name: textOf(path, `${where}.name`, name),
    tags: parseTags(words.map((tag) => textOf(path, `${where}.tags`, tag))),
  };
}

function choice<K extends keyof typeof CHOICES>(path: string, key: K, value: unknown) {
  if (value === undefined || value === null) return {};
  const found = CHOICES[key].find((word) => word === value);
  if (found === undefined) throw invalid(path, `${key} is one of ${CHOICES[key].join(", ")}`);
  return { [key]: found };
}

function objectOf(path: string, where: string, value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw invalid(path, `${where || "it"} is no mapping of keys to values`);
}

function listOf(path: string, where: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(path, `${where} is no list`);
}

function textOf(path: string, where: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw invalid(path, `${where} is no text`);
}

function invalid(path: string, problem: string): JamesError {
  return new JamesError("STATE_INVALID", `${path}: ${problem}`, {
    hint: "Write it as jamesd-ctl get-desired-state prints it.",
  });
}
