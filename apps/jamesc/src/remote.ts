import type { IncomingMessage } from "node:http";
import { bundleSize } from "@jamesd/model";
import { type Client, connectionError } from "@jamesd/protocol";
import { type Remote, withGivenScripts } from "./transaction/index.ts";

/** How long a delta that is being made is waited for: one of a hundred megabytes takes half a minute. */
const DELTA_WAIT_MS = 120_000;
const ANSWER_MS = 30_000;

/** How a transaction gets packets and blobs: over the client. `where` is the server's address, for messages. */
export function makeRemote(client: Client, where: string): Remote {
  return {
    async packet(digest, signal) {
      const packet = await client.call("getPacket", { params: { digest }, signal });
      return withGivenScripts(packet);
    },
    async delta(base, target, signal) {
      const call = { params: { digest: target }, query: { base }, signal };
      const headers = { prefer: `wait=${DELTA_WAIT_MS / 1000}` };
      return client.call("getDelta", { ...call, headers, timeoutMs: DELTA_WAIT_MS + ANSWER_MS });
    },
    async blob(digest, offset, signal) {
      const response = await client.download("getBlob", { params: { digest }, offset, signal });
      return bytesFrom(offset, response, where, signal);
    },
    async compressedBlob(digest, offset, signal) {
      // What is held is of the compressed form: of another one the whole is wanted.
      const headers = { "accept-encoding": "br", ...(offset > 0 && { "if-range": `"${digest}-br"` }) };
      const response = await client.download("getBlob", { params: { digest }, headers, offset, signal });
      const isCompressed = response.headers["content-encoding"] === "br";
      return { isCompressed, content: bytesFrom(isCompressed ? offset : 0, response, where, signal) };
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
