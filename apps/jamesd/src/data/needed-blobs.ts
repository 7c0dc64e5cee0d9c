import { type Digest, type Packet, packetContents } from "@jamesd/model";
import type { Repository } from "../repository/repository.ts";

/** Every packet with its manifest, one in memory at a time; what else waits in this process goes on in between. */
export async function* wholePackets(repository: Repository): AsyncGenerator<Packet> {
  for (const { digest } of await repository.packets.all()) {
    const packet = await repository.packets.get(digest);
    if (packet) yield packet;
    await new Promise(setImmediate);
  }
}

/** Every blob that a packet needs, and those that were made of them. @throws JamesError STORE_CORRUPT when that cannot be told */
export async function neededBlobs(repository: Repository): Promise<ReadonlySet<Digest>> {
  const needed = new Set<Digest>(await repository.made.blobs());
  for await (const packet of wholePackets(repository))
    for (const digest of packetContents(packet).keys()) needed.add(digest);
  return needed;
}
