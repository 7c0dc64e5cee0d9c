import type { ArchiveLimits } from "@jamesd/archive/safe-path";
import { type Digest, formatUnknown, isLater, JamesError, type Packet, type Scripts } from "@jamesd/model";
import { packetSchema } from "@jamesd/protocol";

/** An entry as JSON, on average of many: its digest and numbers take some 200 bytes, the rest is for its path. */
const ENTRY_BYTES = 512;
/** Name, tags, scripts and configuration files. */
const REST_BYTES = 1024 * 1024;

/** Bytes that the text of a packet may have on this device: a hostile server's must not fill its memory. */
export function manifestBytes({ entries }: ArchiveLimits): number {
  return entries * ENTRY_BYTES + REST_BYTES;
}

type MaybeScripts = { readonly [name in keyof Scripts]: Scripts[name] | undefined };

/** A packet from its text (`packetText`), of which only the form is checked. @throws JamesError DIGEST_MISMATCH when it has none */
export function parsePacket(digest: Digest, text: string): Packet {
  const said = jsonObject(text);
  if (isLater("packet", said)) throw formatUnknown("packet", said.format);
  const parsed = packetSchema.safeParse({ ...said, digest });
  if (parsed.success) return withGivenScripts(parsed.data);
  throw new JamesError("DIGEST_MISMATCH", `what came for packet ${digest} is no packet`);
}

/** The same packet, without the names of scripts that it does not have. */
export function withGivenScripts(
  packet: Omit<Packet, "scripts"> & { readonly scripts: MaybeScripts },
): Packet {
  const given = Object.entries(packet.scripts).filter(([, script]) => script !== undefined);
  return { ...packet, scripts: Object.fromEntries(given) as Scripts };
}

function jsonObject(text: string): object {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
