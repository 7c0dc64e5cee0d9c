import { JamesError } from "@jamesd/model";
import { LineCounter, parseDocument, Scalar, visit } from "yaml";

/** Reads YAML by the failsafe schema: texts, lists and maps. @throws JamesError CONFIG_INVALID, naming the line */
export function parseYaml(path: string, text: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, schema: "failsafe" });
  const fail = (cause: Error, position: number): JamesError => {
    const { line } = lineCounter.linePos(position);
    return notYaml(`${path} line ${line}`, cause, text.split("\n")[line - 1] ?? "");
  };
  const [problem] = document.errors;
  if (problem?.code === "MULTIPLE_DOCS") throw fail(new Error("a second document begins"), problem.pos[0]);
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
