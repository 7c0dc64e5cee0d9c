import { JamesError } from "@jamesd/model";

/** Tags of ASN.1 (X.690, 8.1.2). */
export const INTEGER = 0x02;
export const SEQUENCE = 0x30;

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

/** The bytes of an element, with its tag. */
export function bytesOf(der: Buffer, { begin, end }: Element): Buffer {
  return der.subarray(begin, end);
}

function broken(): JamesError {
  return new JamesError("CERTIFICATE_INVALID", "it is not written in DER as X.509 wants it");
}
