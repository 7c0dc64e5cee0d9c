/** True of bytes that are one whole POST with its body, after which the connection goes on (RFC 9112, sections 6 and 9.3). */
export function isOneRequest(bytes: Buffer): boolean {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const head = bytes.toString("latin1", 0, end).toLowerCase();
  const [length, another] = [...head.matchAll(/\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*(?=\r\n|$)/g)];
  if (!head.startsWith("post ") || !length || another || NOT_PLAIN.test(head)) return false;
  return end + 4 + Number(length[1]) === bytes.length;
}

/** A body of another form, one that is asked for first, and a connection that ends. */
const NOT_PLAIN = /\r\n(?:transfer-encoding|expect|upgrade|trailer):|\r\nconnection:[^\r]*\bclose\b/;
