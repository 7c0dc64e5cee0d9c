import { type Digest, isAuthentic, JamesError, type Packet } from "@jamesd/model";
import type { Client } from "@jamesd/protocol";

/** The packet of a digest, which is checked: the server need not be believed. @throws JamesError DIGEST_MISMATCH */
export async function fetchPacket(client: Client, digest: Digest, signal: AbortSignal): Promise<Packet> {
  const packet = (await client.call("getPacket", { params: { digest }, signal })) as Packet;
  if (packet.digest === digest && isAuthentic(packet)) return packet;
  throw new JamesError("DIGEST_MISMATCH", `what came for packet ${digest} is another one`, {
    hint: "Try again; when it stays, see that it is the right server, and run jamesd verify there.",
  });
}
