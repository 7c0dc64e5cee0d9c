import { type Option, parsed } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import type { Enrollment } from "@jamesd/protocol";
import type { Context } from "../cli/command.ts";
import { KEY_DIGITS, shortFingerprint } from "../views/enrollment-view.ts";
import { anyDeviceFlag } from "./id-flags.ts";

/** A key's fingerprint has so many digits. */
const DIGITS = 64;
/** So many tell it from others, but not from who tries keys until one begins so: that takes minutes. */
const LEAST_DIGITS = 8;

/** A fingerprint as people write it, with colons or in capitals. */
export function fingerprintFlag(help: string, least = DIGITS): Option<string> {
  const parse = (text: string): string => {
    const digits = text.trim().toLowerCase().replaceAll(":", "");
    if (/^[0-9a-f]*$/.test(digits) && digits.length >= least && digits.length <= DIGITS) return digits;
    throw new JamesError("USAGE", `${JSON.stringify(text)} is not the fingerprint of a key`, {
      hint: "It is the SHA-256 of the public key in 64 hexadecimal digits, or enough of the first, as jamesc prints it when it asks to join.",
    });
  };
  return parsed({ value: "HEX", help, parse });
}

/** The flags that name somebody who wants to join. */
export const ENROLLMENT_FLAGS = {
  id: { ...anyDeviceFlag, help: "who wants to join under this id" },
  fingerprint: fingerprintFlag("who wants to join with this key; its first digits are enough", LEAST_DIGITS),
};

/** The same for letting it in. */
export const ADMISSION_FLAGS = {
  ...ENROLLMENT_FLAGS,
  fingerprint: fingerprintFlag(
    `who wants to join with this key; its first ${KEY_DIGITS} digits are enough`,
    KEY_DIGITS,
  ),
};

interface Named {
  readonly id: string | undefined;
  readonly fingerprint: string | undefined;
}

/** The one that the flags name. @throws JamesError USAGE, ENROLLMENT_UNKNOWN */
export async function findEnrollment(
  { id, fingerprint }: Named,
  { connect, signal }: Context,
): Promise<Enrollment> {
  if (id === undefined && fingerprint === undefined)
    throw new JamesError("USAGE", "neither --id nor --fingerprint is given", {
      hint: "jamesd-ctl list-enrollments shows who wants to join.",
    });
  const all = await connect().call("listEnrollments", { signal });
  const found = all.filter(
    (one) => (id ?? one.id) === one.id && one.fingerprint.startsWith(fingerprint ?? ""),
  );
  const [only, ...others] = found;
  if (only && others.length === 0) return only;
  if (only)
    throw new JamesError("USAGE", `${found.length} want to join so: ${found.map(describe).join(", ")}`, {
      hint: "Say which key: --fingerprint HEX.",
    });
  throw new JamesError("ENROLLMENT_UNKNOWN", `nobody wants to join as ${id ?? fingerprint}`, {
    hint: "jamesd-ctl list-enrollments shows who does; preauthorize lets in one that has not asked yet.",
  });
}

function describe({ id, fingerprint }: Enrollment): string {
  return `${id} with the key ${shortFingerprint(fingerprint)}`;
}
