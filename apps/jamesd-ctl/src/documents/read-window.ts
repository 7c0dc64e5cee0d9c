import { JamesError, parseWindows, type WindowPolicy } from "@jamesd/model";
import { safeParse, windowsSchema } from "@jamesd/protocol";

/** Reads `always`, a window, or a list of windows of which one must be open. @throws JamesError STATE_INVALID, REQUEST_INVALID */
export function parseWindow(value: unknown): WindowPolicy {
  if (value === "always") return value;
  const read = safeParse(windowsSchema, Array.isArray(value) ? value : [value]);
  if (read.success) return parseWindows(read.data);
  const [issue] = read.error.issues;
  const key = issue?.path.slice(1).join(".");
  throw new JamesError("STATE_INVALID", `${key ? `${key}: ` : ""}${issue?.message}`, {
    hint: 'Write always, or days (mon to sun), from, to and zone, such as: window: {days: [sat, sun], from: "22:00", to: "06:00"}.',
  });
}
