import { readFileSync } from "node:fs";
import type { Values } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import { parseToken, type Token } from "@jamesd/pki/token";
import type { OPTIONS } from "../config.ts";

const STANDARD_INPUT = 0;

/** The token that the settings name; undefined when it is to be tried without. @throws JamesError USAGE, FILE_UNREADABLE */
export function readToken({
  enroll,
  enrollTokenFile,
}: Pick<Values<typeof OPTIONS>, "enroll" | "enrollTokenFile">): Token | undefined {
  if (enroll === "-") return parseToken(read(STANDARD_INPUT, "standard input"));
  if (enroll !== undefined) return parseToken(enroll);
  return enrollTokenFile === undefined ? undefined : parseToken(read(enrollTokenFile, enrollTokenFile));
}

/** What to say of a token that stands where it does not stay a secret; undefined when it does not. */
export function exposedToken(enroll: string | undefined, argv: readonly string[]): string | undefined {
  const isSeen = enroll !== undefined && enroll !== "-" && argv.some((word) => word.includes(enroll));
  return isSeen
    ? "all users of this machine can read the token in the command line: give it with --enroll - or --enroll-token-file"
    : undefined;
}

function read(file: string | number, named: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new JamesError(
      "FILE_UNREADABLE",
      `cannot read the token in ${named}: ${(cause as Error).message}`,
      {
        hint: "See that the file is there, and that this user may read it.",
        cause,
      },
    );
  }
}
