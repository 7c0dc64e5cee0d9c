import { JamesError } from "@jamesd/model";
import { type ArchiveLimits, DEFAULT_LIMITS } from "./limits.ts";

/** The limits that a configuration may set, by the names it uses. Set-id files are a packet's own affair. */
const KEYS = {
  entries: "entries",
  bytes: "bytes",
  ratio: "ratio",
  "ratio-floor": "ratioFloor",
  "path-bytes": "pathBytes",
  "component-bytes": "componentBytes",
  depth: "depth",
  "target-bytes": "targetBytes",
} as const satisfies Record<string, keyof ArchiveLimits>;

const UNITS = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

/** Reads `entries=100000,bytes=8GiB`; what is not named stays as `defaults` has it. @throws JamesError USAGE */
export function parseLimits(text: string, defaults: ArchiveLimits = DEFAULT_LIMITS): ArchiveLimits {
  const parts = text.split(",").flatMap((part) => part.trim() || []);
  return Object.assign({}, defaults, ...parts.map(parseLimit));
}

function parseLimit(part: string): Partial<ArchiveLimits> {
  const [, key = "", amount = "", unit = ""] = /^([a-z-]+)=(\d{1,15})(\w*)$/.exec(part) ?? [];
  const name = Object.hasOwn(KEYS, key) ? KEYS[key as keyof typeof KEYS] : undefined;
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit as keyof typeof UNITS] : 0;
  const value = Number(amount) * factor;
  if (name !== undefined && Number.isSafeInteger(value) && value > 0) return { [name]: value };
  throw new JamesError("USAGE", `${JSON.stringify(part)} is not a limit`, {
    hint: `Write key=number, as in entries=100000,bytes=8GiB; the keys are ${Object.keys(KEYS).join(", ")}.`,
  });
}
