import { encodeQR } from "qr";

/** So much room a reader needs round a code, in modules (ISO/IEC 18004, section 6.3.8). */
const QUIET_ZONE = 4;
/** Black on white, of the colours that no theme of a terminal changes. */
const [INK, PLAIN] = ["\x1b[38;5;16;48;5;231m", "\x1b[0m"];
/** Two modules in one character: neither is drawn, the lower, the upper, both. */
const HALVES = [" ", "▄", "▀", "█"];

/**
 * A text as a QR code for a terminal, whose characters are twice as high as they are wide. With colours it is dark on light,
 * whatever the terminal is; without, what is light is drawn, as a terminal's ground mostly is dark.
 */
export function codeText(text: string, hasColours: boolean): string {
  // Nothing rubs off on a screen: a code that is smaller is read sooner.
  const modules = encodeQR(text, "raw", { ecc: "low", border: QUIET_ZONE });
  const isDrawn = (y: number, x: number): boolean => (modules[y]?.[x] ?? false) === hasColours;
  const lines = Array.from({ length: Math.ceil(modules.length / 2) }, (_, line) =>
    Array.from(
      modules,
      (_, x) => HALVES[2 * Number(isDrawn(2 * line, x)) + Number(isDrawn(2 * line + 1, x))],
    ).join(""),
  );
  return lines.map((line) => `${hasColours ? INK + line + PLAIN : line}\n`).join("");
}
