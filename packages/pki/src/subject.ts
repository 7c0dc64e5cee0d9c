import { isWord, JamesError } from "@jamesd/model";

/** Longest common name that X.520 allows; counted in bytes here, because it is a file's name as well. */
const MAX_COMMON_NAME = 64;

/**
 * Checks a name that a certificate is to be issued for: it becomes the common name, the device's id and a file's name.
 * @throws JamesError NAME_INVALID that names it
 */
export function parseSubjectName(text: string): string {
  if (isCommonName(text) && !/^[.-]/.test(text) && Buffer.byteLength(text) <= MAX_COMMON_NAME) return text;
  throw new JamesError("NAME_INVALID", `${JSON.stringify(text)} cannot be the name of a certificate`, {
    hint: `A name has 1 to ${MAX_COMMON_NAME} bytes, no whitespace, comma or slash, and starts with neither "." nor "-".`,
  });
}

/** True for what may be the id of a device or the name of a person, whoever issued the certificate. */
export function isCommonName(text: string): boolean {
  return isWord(text) && !text.includes("/") && text !== "." && text !== "..";
}
