import { JamesError, nearWords } from "@jamesd/model";
import { safeParse } from "@jamesd/protocol";
import { z } from "zod";
import type { Path, YamlDocument } from "./yaml-document.ts";

type Issue = z.core.$ZodIssue;

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  array: "a list",
  object: "a mapping of keys to values",
  number: "a whole number",
  int: "a whole number",
};

/**
 * A document by a schema. What does not fit is said with file, line, key, and the way out.
 * @throws JamesError STATE_INVALID, or the code of a check that is `checked`
 */
export function readAs<S extends z.ZodType>(schema: S, document: YamlDocument): z.output<S> {
  const { data, error } = safeParse(schema, document.value);
  if (!error) return data;
  const [first] = error.issues;
  // A key that is misspelt is missing as well.
  const issue = error.issues.find(({ code }) => code === "unrecognized_keys") ?? first;
  throw issue ? complaint(issue, schema, document) : error;
}

/** A text that a function of the model reads; what it throws is said with its place. */
export function checked<T>(parse: (text: string) => T) {
  return z.string().transform(withPlace(parse));
}

/** The same of anything that can be written. */
export function checkedValue<T>(parse: (value: unknown) => T) {
  return z.unknown().transform(withPlace(parse));
}

function withPlace<V, T>(parse: (value: V) => T) {
  return (value: V, { issues }: z.core.$RefinementCtx): T => {
    try {
      return parse(value);
    } catch (cause) {
      const error = JamesError.from(cause);
      issues.push({ code: "custom", input: value, message: `: ${error.message}`, params: { error } });
      return z.NEVER;
    }
  };
}

function complaint(issue: Issue, schema: z.ZodType, document: YamlDocument): JamesError {
  const { path } = issue;
  const parent = path.slice(0, -1);
  switch (issue.code) {
    case "unrecognized_keys":
      return unknownKey(issue.keys[0] ?? "", path, keysAt(schema, path), document);
    case "invalid_type":
      if (!document.has(path))
        return document.refuse(
          parent,
          `has no ${String(path.at(-1))}`,
          `Add the key ${String(path.at(-1))}.`,
        );
      return document.refuse(
        path,
        `is ${document.describe(path)}, not ${TYPES[issue.expected] ?? issue.expected}`,
        typeHint(issue.expected, path, schema, document),
      );
    case "invalid_value":
      return document.refuse(
        path,
        `${document.describe(path)} is neither ${issue.values.join(" nor ")}`,
        `Write one of ${issue.values.join(", ")}.`,
      );
    case "custom":
      return checkFailed(issue, document);
    case "too_small":
      if (issue.origin === "string") return document.refuse(path, "is empty", "Write what it is called.");
      return document.refuse(path, `is ${document.describe(path)}, less than ${issue.minimum}`);
    default:
      return document.refuse(path, `is not possible: ${issue.message}`);
  }
}

function unknownKey(name: string, path: Path, known: readonly string[], document: YamlDocument): JamesError {
  const [near] = nearWords(name, known);
  const owner = z.core.toDotPath(path) || "a state";
  return new JamesError(
    "STATE_INVALID",
    `${document.place([...path, name])}: ${JSON.stringify(name)} is not a key that ${owner} has`,
    { hint: `${near === undefined ? "" : `Did you mean ${near}? `}The keys are ${known.join(", ")}.` },
  );
}

// A number, `true` or `null` is no text: 1.0 and 1.00 would become the same.
function typeHint(expected: string, path: Path, schema: z.ZodType, document: YamlDocument) {
  if (expected === "array") return "Write one item a line, each after a dash; [] is an empty list.";
  if (expected === "object") return `The keys are ${keysAt(schema, path).join(", ")}.`;
  const written = document.written(path);
  return expected === "string" && written ? `Put it in quotes: "${written}".` : undefined;
}

// What the command line would be at fault for, in a file the file is.
function checkFailed({ path, message, params }: z.core.$ZodIssueCustom, document: YamlDocument): JamesError {
  const { code, hint } = JamesError.from(params?.error, "STATE_INVALID");
  const place = `${document.place(path)}: ${z.core.toDotPath(path)}`;
  return new JamesError(code === "USAGE" ? "STATE_INVALID" : code, `${place}${message}`, { hint });
}

/** The keys of the mapping that a schema has at a path. */
function keysAt(schema: z.core.$ZodType, path: Path): readonly string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return keysAt(schema.unwrap(), path);
  const [key, ...rest] = path;
  if (schema instanceof z.ZodArray) return keysAt(schema.element, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  return key === undefined ? Object.keys(schema.shape) : keysAt(schema.shape[String(key)], rest);
}
