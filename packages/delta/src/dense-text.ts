/**
 * The text of a packet (`packetText` of the model) as deltas see it: instead of the 64 digits of a digest, in quotes,
 * its 32 bytes behind a zero byte, which no JSON has. A digest never resembles another, and digits compress badly.
 */
export function denseText(text: string): Uint8Array {
  const bytes = Buffer.from(text).toString("latin1");
  return latin1(
    bytes.replace(
      /"([0-9a-f]{64})"/g,
      (_, digits: string) => `\0${Buffer.from(digits, "hex").toString("latin1")}`,
    ),
  );
}

/** The text that `denseText` was made of. */
export function plainText(dense: Uint8Array): string {
  const bytes = Buffer.from(dense).toString("latin1");
  return latin1(
    bytes.replace(/\0(.{32})/gs, (_, digest: string) => `"${latin1(digest).toString("hex")}"`),
  ).toString();
}

function latin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}
