import { readFileSync } from "node:fs";
import { JamesError } from "@jamesd/model";
import { LineCounter, parseDocument, Scalar, visit } from "yaml";

/** What a configuration file says: option names as the flags have them (without the dashes) and their values as text. */
export type FileSettings = ReadonlyMap<string, string>;

/**
 * Reads a YAML file of `flag-name: value` lines; a list is written as a YAML list or with commas. A value is the text that
 * stands there: `1.10` is a tag, not the number 1.1 (YAML 1.2, section 10.1: the failsafe schema).
 * @throws JamesError FILE_UNREADABLE when `required` and it cannot be read; CONFIG_INVALID when it says what no option knows
 */
export function readSettings(path: string, known: readonly string[], required: boolean): FileSettings {
  const text = readText(path, required);
  if (text === undefined) return new Map();
  const document = parseYaml(path, text);
  if (document === null) return new Map();
  if (typeof document !== "object" || Array.isArray(document))
    throw new JamesError("CONFIG_INVALID", `${path} is not a list of settings`, {
      hint: "Write one `name: value` a line, with the names of the flags without dashes in front.",
    });
  return new Map(
    Object.entries(document).map(([name, value]) => [
      knownName(path, known, name),
      asText(path, name, value),
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
      {
        cause,
      },
    );
  }
}

function parseYaml(path: string, text: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, schema: "failsafe" });
  const fail = (cause: Error, position: number): JamesError => {
    const { line } = lineCounter.linePos(position);
    return notYaml(`${path} line ${line}`, cause, text.split("\n")[line - 1] ?? "");
  };
  const [problem] = document.errors;
  if (problem) throw fail(problem, problem.pos[0]);
  visit(document, {
    // Nothing at all is not the empty text.
    Scalar: (_, node) => (node.type === "PLAIN" && node.value === "" ? new Scalar(null) : undefined),
    Alias: (_, node) => {
      if (node.resolve(document)) return;
      throw fail(new Error(`*${node.source} names nothing`), node.range?.[0] ?? 0);
    },
  });
  try {
    return document.toJS();
  } catch (cause) {
    throw notYaml(path, cause as Error, "");
  }
}

function notYaml(where: string, cause: Error, line: string): JamesError {
  return new JamesError("CONFIG_INVALID", `${where}: ${cause.message}`, {
    hint: wayOut(cause, line),
    cause,
  });
}

function wayOut(cause: Error, line: string): string {
  if (/^Tabs /.test(cause.message)) return "Write blanks in place of tabs.";
  // An IPv6 address, a pattern or a path with a blank: YAML takes the first character for its own.
  const [, name, value = ""] = /^\s*([\w-]+):\s+(\S.*?)\s*$/.exec(line) ?? [];
  if (/^[[{&*!|>%@`]/.test(value)) return `Put the value into quotes: ${name}: ${JSON.stringify(value)}.`;
  return "Correct the YAML at this line.";
}

function knownName(path: string, known: readonly string[], name: string): string {
  if (known.includes(name)) return name;
  throw new JamesError("CONFIG_INVALID", `${path} sets ${JSON.stringify(name)}, which is no option`, {
    hint: `The options are ${known.join(", ")}.`,
  });
}

function asText(path: string, name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => asText(path, name, item)).join(",");
  if (typeof value === "string") return value;
  throw new JamesError(
    "CONFIG_INVALID",
    `${path}: the value of ${name} is neither a text nor a list of texts`,
  );
}
