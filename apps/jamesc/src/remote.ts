import type { IncomingMessage } from "node:http";
import { bundleSize, type Packet, type Scripts } from "@jamesd/model";
import { type Client, connectionError } from "@jamesd/protocol";
import type { Remote } from "./transaction/index.ts";

/** How a transaction gets packets and blobs: over the client. `where` is the server's address, for messages. */
export function makeRemote(client: Client, where: string): Remote {
  return {
    async packet(digest, signal) {
      const packet = await client.call("getPacket", { params: { digest }, signal });
      return { ...packet, scripts: givenScripts(packet.scripts) };
    },
    async blob(digest, offset, signal) {
      const response = await client.download("getBlob", { params: { digest }, offset, signal });
      return bytesFrom(offset, response, where, signal);
    },
    async bundle(packet, run, signal) {
      const offset = run[0]?.start ?? 0;
      const range = { offset, end: bundleSize(run) - 1 };
      const response = await client.download("getBundle", { params: { digest: packet }, ...range, signal });
      return bytesFrom(offset, response, where, signal);
    },
    reach: (signal) => client.call("ping", { isFresh: true, signal }),
  };
}

type MaybeScripts = { readonly [name in keyof Scripts]: Scripts[name] | undefined };

function givenScripts(scripts: MaybeScripts): Packet["scripts"] {
  const given = Object.entries(scripts).filter(([, script]) => script !== undefined);
  return Object.fromEntries(given) as Scripts;
}

async function* bytesFrom(
  offset: number,
  response: IncomingMessage,
  where: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  // A cache in between may not know ranges: then it answers 200 with everything.
  let skip = response.statusCode === 206 ? 0 : offset;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      const wanted = chunk.subarray(skip);
      skip = Math.max(0, skip - chunk.length);
      if (wanted.length > 0) yield wanted;
    }
  } catch (cause) {
    throw signal.aborted ? signal.reason : connectionError(cause, where);
  }
}
