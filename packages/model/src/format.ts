import { JamesError } from "./error.ts";

/**
 * The numbers of the forms in which server and agents exchange what is more than a list of fields. A number is raised
 * when who does not know the new form must not act on it; what may be passed over is added without that.
 */
export const FORMATS = { plan: 1, packet: 1, delta: 1, bundle: 1 } as const satisfies Record<string, number>;

/** What has a number. */
export type Numbered = keyof typeof FORMATS;

/** What is said of a form that only a later version knows. */
export function formatUnknown(what: Numbered, format: number): JamesError {
  return new JamesError(
    "FORMAT_UNKNOWN",
    `the ${what} is of format ${format}, and this program knows format ${FORMATS[what]}`,
    { hint: "Bring the program to the version of who sent it." },
  );
}

/** True of what says that it is of a later form than this version knows; one without a number is of the first. */
export function isLater(what: Numbered, value: unknown): value is { readonly format: number } {
  const { format } = Object(value) as { format?: unknown };
  return Number.isSafeInteger(format) && (format as number) > FORMATS[what];
}
