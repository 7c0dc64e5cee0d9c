import { buffer } from "node:stream/consumers";
import type { ExportIndex, OpenFile } from "@jamesd/carry";
import { parsePacket } from "@jamesd/carry";
import { type Digest, JamesError, type Packet } from "@jamesd/model";
import type { Remote } from "../transaction/index.ts";

/** An export file that was checked, in the place of a server. What is read of it is checked again by who asks. */
export function fileRemote(file: OpenFile, { packets, blobs }: ExportIndex): Remote {
  const read = (digest: Digest, offset: number): AsyncIterable<Uint8Array> => {
    const place = blobs.get(digest);
    if (!place) throw new JamesError("BLOB_UNKNOWN", `${file.path} does not have the content ${digest}`);
    return file.read({ offset: place.offset + offset, size: place.size - offset });
  };
  return {
    isOffline: true,
    packet: async (digest) => await packetOf(digest, file, packets),
    delta: async () => undefined,
    wholeBundle: async () => undefined,
    blob: async (digest, offset) => read(digest, offset),
    compressedBlob: async (digest) => ({ coding: undefined, content: read(digest, 0) }),
    bundle: async (_packet, run) =>
      oneAfterTheOther(
        run.map(
          ({ digest }) =>
            () =>
              read(digest, 0),
        ),
      ),
    // Whoever stands before the device sees whether it still answers; there is no server to be cut off from.
    reach: async () => undefined,
  };
}

async function packetOf(digest: Digest, file: OpenFile, packets: ExportIndex["packets"]): Promise<Packet> {
  const place = packets.find((packet) => packet.digest === digest);
  if (place) return parsePacket(await buffer(file.read(place)), digest);
  throw new JamesError("PACKET_UNKNOWN", `${file.path} does not have the packet ${digest}`, {
    hint: "Export it too: jamesd-ctl export.",
  });
}

async function* oneAfterTheOther(
  parts: readonly (() => AsyncIterable<Uint8Array>)[],
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const part of parts) yield* part();
}
