import type { Socket } from "node:net";
import type { Readable } from "node:stream";

/** A body of a request that is a stream. Whoever made it ends it. */
export interface Content {
  readonly stream: Readable;
  /** The head says no length: each piece has its own in front (RFC 9112, section 7.1). */
  readonly isInPieces: boolean;
}

/** Sends a body, as fast as it is taken; what nobody needs any more is left where it is. @throws what the stream fails with */
export async function sendContent(
  { stream, isInPieces }: Content,
  socket: Socket,
  isOver: () => boolean,
): Promise<void> {
  for await (const piece of stream.iterator({ destroyOnReturn: false })) {
    if (isOver()) return;
    const bytes = Buffer.from(piece);
    // One without bytes would be the end.
    if (bytes.length === 0) continue;
    if (!write(bytes, isInPieces, socket)) await drained(socket);
  }
  if (isInPieces && !isOver()) socket.write("0\r\n\r\n");
}

function write(bytes: Buffer, isInPieces: boolean, socket: Socket): boolean {
  if (!isInPieces) return socket.write(bytes);
  socket.cork();
  socket.write(`${bytes.length.toString(16)}\r\n`);
  socket.write(bytes);
  const isTaken = socket.write("\r\n");
  socket.uncork();
  return isTaken;
}

/** Waits until the socket takes more, or none at all. */
async function drained(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  await new Promise<void>((resolve) => {
    const go = (): void => {
      socket.off("drain", go).off("close", go);
      resolve();
    };
    socket.on("drain", go).on("close", go);
  });
}
