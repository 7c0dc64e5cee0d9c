import { bundleSize } from "@jamesd/model";
import {
  type AnswerStream,
  type CallOptions,
  connectionError,
  DEVICE_WIRE,
  type DeviceClient,
  type DeviceRouteName,
  type DownloadOptions,
} from "@jamesd/protocol/device";
import { paced } from "./paced.ts";
import { patiently } from "./patience.ts";
import type { pause } from "./pause.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import { CODINGS, type Remote, withGivenScripts } from "./transaction/index.ts";

/** How much later than it was asked to a server may answer. */
const ANSWER_MS = 30_000;

/** What a download is bound by. */
export interface Bounds {
  /** Bytes that the manifest of a packet may have. */
  readonly maxManifest: number;
  /** Shared by all downloads; undefined: as fast as it comes. */
  readonly limiter?: RateLimiter | undefined;
  /** How to wait for a busy server. */
  readonly sleep?: typeof pause;
}

interface Wish extends DownloadOptions {
  readonly offset: number;
  readonly signal: AbortSignal;
}

/** How a transaction gets packets and blobs: over the client. `where` is the server's address, for messages. */
export function makeRemote(
  client: DeviceClient,
  where: string,
  { maxManifest, limiter, sleep }: Bounds,
): Remote {
  const open = (name: DeviceRouteName, wish: Wish): Promise<AnswerStream> =>
    patiently(() => client.download(name, wish), wish.signal, sleep);
  const read = (response: AnswerStream, offset: number, signal: AbortSignal): AsyncIterable<Uint8Array> =>
    bytesFrom(offset, response, limiter ? paced(response, limiter, signal) : response, where, signal);
  return {
    async packet(digest, signal) {
      const ask = () => client.call("getPacket", { params: { digest }, signal, maxReply: maxManifest });
      return withGivenScripts(await patiently(ask, signal, sleep));
    },
    delta(base, target, waitMs, signal) {
      const call = { params: { digest: target }, query: { base }, signal };
      return client.call("getDelta", { ...call, ...waiting(waitMs) });
    },
    wholeBundle(digest, waitMs, signal) {
      return client.call("getWholeBundle", { params: { digest }, signal, ...waiting(waitMs) });
    },
    async blob(digest, offset, signal) {
      return read(await open("getBlob", { params: { digest }, offset, signal }), offset, signal);
    },
    async compressedBlob(digest, { offset, coding: held }, signal) {
      // What is held is of one form: of another one the whole is wanted.
      const ranged = held !== undefined && offset > 0 && { "if-range": `"${digest}-${held}"` };
      const headers = { "accept-encoding": held ?? CODINGS.join(), ...ranged };
      // What is limited is counted as it comes.
      const isInTurns = limiter === undefined;
      const response = await open("getBlob", { params: { digest }, headers, offset, isInTurns, signal });
      const coding = CODINGS.find((one) => one === response.headers["content-encoding"]);
      return { coding, content: read(response, coding === held ? offset : 0, signal) };
    },
    async bundle(packet, run, signal) {
      const offset = run[0]?.start ?? 0;
      const range = { offset, end: bundleSize(run) - 1 };
      return read(await open("getBundle", { params: { digest: packet }, ...range, signal }), offset, signal);
    },
    reach: (signal) => client.call("ping", { isFresh: true, signal }),
  };
}

/** How to ask for what may have to be made first. */
function waiting(waitMs: number): CallOptions {
  return { headers: { prefer: `wait=${Math.floor(waitMs / 1000)}` }, timeoutMs: waitMs + ANSWER_MS };
}

async function* bytesFrom(
  offset: number,
  { statusCode }: AnswerStream,
  chunks: AsyncIterable<Uint8Array>,
  where: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  // A cache in between may not know ranges: then it answers 200 with everything.
  let skip = statusCode === 206 ? 0 : offset;
  try {
    for await (const chunk of chunks) {
      const wanted = chunk.subarray(skip);
      skip = Math.max(0, skip - chunk.length);
      if (wanted.length > 0) yield wanted;
    }
  } catch (cause) {
    // It had been reached.
    throw signal.aborted ? signal.reason : connectionError(cause, where, DEVICE_WIRE.routes.getBlob);
  }
}
