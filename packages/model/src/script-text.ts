import { JamesError } from "./error.ts";
import type { ScriptName } from "./packet.ts";

const LF = 0x0a;
const CR = 0x0d;

/** What editors of other systems put before a text: the byte order marks of UTF-8 and of both forms of UTF-16. */
const MARKS: readonly (readonly number[])[] = [
  [0xef, 0xbb, 0xbf],
  [0xff, 0xfe],
  [0xfe, 0xff],
];

/**
 * Sees that a script is a text that an interpreter here reads as its author meant it. With the line ends of Windows a
 * shell makes `dir\r`, and says that all went well.
 * @throws JamesError SCRIPT_INVALID
 */
export function checkScript(name: ScriptName, content: Uint8Array): void {
  if (MARKS.some((mark) => mark.every((byte, index) => content[index] === byte)))
    throw new JamesError("SCRIPT_INVALID", `the ${name} begins with a byte order mark`, {
      hint: "Save it as UTF-8 without one: sed -i '1s/^\\xef\\xbb\\xbf//' FILE.",
    });
  const { all, windows } = countLines(content);
  // A few in the midst of others may be meant, as in a text for HTTP.
  if (content[endOfLine(content, 0) - 1] !== CR && windows * 2 <= all) return;
  throw new JamesError("SCRIPT_INVALID", `the ${name} has the line ends of Windows (CR LF)`, {
    hint: "Take them out: sed -i 's/\\r$//' FILE.",
  });
}

function countLines(content: Uint8Array): { readonly all: number; readonly windows: number } {
  let [all, windows] = [0, 0];
  // What follows a NUL is no text, as in archives that extract themselves.
  const text = content.subarray(0, content.includes(0) ? content.indexOf(0) : undefined);
  for (let end = text.indexOf(LF); end !== -1; end = text.indexOf(LF, end + 1)) {
    all += 1;
    if (text[end - 1] === CR) windows += 1;
  }
  return { all, windows };
}

function endOfLine(content: Uint8Array, from: number): number {
  const end = content.indexOf(LF, from);
  return end === -1 ? content.length : end;
}
