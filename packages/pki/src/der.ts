import { JamesError } from "@jamesd/model";

/** Tags of ASN.1 (X.690, 8.1.2). */
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OBJECT_IDENTIFIER = 0x06;
export const UTF8_STRING = 0x0c;
export const PRINTABLE_STRING = 0x13;
export const BMP_STRING = 0x1e;
export const SEQUENCE = 0x30;
export const SET = 0x31;

/** Where an element of DER is: from its tag, and from its content, up to its end. */
export interface Element {
  readonly begin: number;
  readonly content: number;
  readonly end: number;
}

/** The element with this tag at a place: a tag of one byte, and a length of one byte or of as many as it says (X.690, 8.1). @throws JamesError CERTIFICATE_INVALID */
export function element(der: Buffer, begin: number, tag: number): Element {
  const first = der[begin + 1] ?? 0;
  const more = first < 0x80 ? 0 : first & 0x7f;
  if (der[begin] !== tag || more > 4 || begin + 2 + more > der.length) throw broken();
  const length = more === 0 ? first : der.readUIntBE(begin + 2, more);
  const content = begin + 2 + more;
  if (content + length > der.length) throw broken();
  return { begin, content, end: content + length };
}

/** The elements with this tag that fill the content of another one. @throws JamesError CERTIFICATE_INVALID */
export function elementsIn(der: Buffer, { content, end }: Element, tag: number): readonly Element[] {
  const found: Element[] = [];
  for (let at = content; at < end; at = found.at(-1)?.end ?? end) found.push(element(der, at, tag));
  if ((found.at(-1)?.end ?? end) === end) return found;
  throw broken();
}

/** The bytes of an element, with its tag. */
export function bytesOf(der: Buffer, { begin, end }: Element): Buffer {
  return der.subarray(begin, end);
}

/** What is in an element. */
export function contentOf(der: Buffer, { content, end }: Element): Buffer {
  return der.subarray(content, end);
}

/** An element with this tag and content, in DER. */
export function encode(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

/** An object identifier, whose content is given in hexadecimal. */
export function oid(hex: string): Buffer {
  return encode(OBJECT_IDENTIFIER, Buffer.from(hex, "hex"));
}

/** A number that is not negative, in as few bytes as it has; the highest first. */
export function bigEndian(value: number): Buffer {
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex");
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes = bigEndian(length);
  return [0x80 | bytes.length, ...bytes];
}

function broken(): JamesError {
  return new JamesError("CERTIFICATE_INVALID", "it is not written in DER as X.509 wants it");
}
