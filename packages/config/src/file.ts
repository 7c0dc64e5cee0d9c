import { readFileSync } from "node:fs";
import { JamesError } from "@jamesd/model";
import { plainSettings } from "./plain-settings.ts";

/** What a configuration file says: option names as the flags have them (without the dashes) and their values as text. */
export type FileSettings = ReadonlyMap<string, string>;

/** The names that a file may set, and those of them that are maps: their texts are JSON. */
export interface KnownSettings {
  readonly names: readonly string[];
  readonly maps: readonly string[];
}

/**
 * Reads a YAML file of `flag-name: value` lines; a list is written as a YAML list or with commas. A value is the text that
 * stands there: `1.10` is a tag, not the number 1.1 (YAML 1.2, section 10.1: the failsafe schema).
 * @throws JamesError FILE_UNREADABLE when `required` and it cannot be read; CONFIG_INVALID when it says what no option knows
 */
export async function readSettings(
  path: string,
  known: KnownSettings,
  required: boolean,
): Promise<FileSettings> {
  const text = readText(path, required);
  if (text === undefined) return new Map();
  const plain = plainSettings(text);
  if (plain) return asSettings(path, known, plain);
  // What parses YAML is loaded only for a file that needs it.
  const { parseYaml } = await import("./yaml.ts");
  return asSettings(path, known, parseYaml(path, text));
}

function asSettings(path: string, known: KnownSettings, document: unknown): FileSettings {
  if (document === null) return new Map();
  if (typeof document !== "object" || Array.isArray(document))
    throw new JamesError("CONFIG_INVALID", `${path} is not a list of settings`, {
      hint: "Write one `name: value` a line, with the names of the flags without dashes in front.",
    });
  return new Map(
    Object.entries(Object(document)).map(([name, value]) => [
      knownName(path, known, name),
      known.maps.includes(name) ? asJson(path, name, value) : asText(path, name, value),
    ]),
  );
}

function readText(path: string, required: boolean): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (!required && (cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new JamesError(
      "FILE_UNREADABLE",
      `cannot read the configuration file ${path}: ${(cause as Error).message}`,
      { hint: "Name another file with --config, or see that this user may read it.", cause },
    );
  }
}

function knownName(path: string, known: KnownSettings, name: string): string {
  if (known.names.includes(name)) return name;
  throw new JamesError("CONFIG_INVALID", `${path} sets ${JSON.stringify(name)}, which is no option`, {
    hint: `The options are ${known.names.join(", ")}.`,
  });
}

function asJson(path: string, name: string, value: unknown): string {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return JSON.stringify(value);
  throw new JamesError("CONFIG_INVALID", `${path}: the value of ${name} is not a map`);
}

function asText(path: string, name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => asText(path, name, item)).join(",");
  if (typeof value === "string") return value;
  throw new JamesError(
    "CONFIG_INVALID",
    `${path}: the value of ${name} is neither a text nor a list of texts`,
  );
}
