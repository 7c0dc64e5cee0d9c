import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import type { FileRange } from "../blobs/file-range.ts";
import type { Reply } from "./reply.ts";

/** Answers with a file, as fast as it is taken. What goes wrong is in the log, and ends the connection: its beginning may have gone out. */
export async function sendFile(
  reply: FastifyReply,
  { status, headers }: Pick<Reply, "status" | "headers">,
  file: FileRange,
): Promise<void> {
  const response = reply.hijack().raw;
  // One that somebody made shorter meanwhile: what comes next on the connection would be taken for the rest.
  response.strictContentLength = true;
  try {
    response.writeHead(status, headers);
    await file.byTurns(writer(response));
    response.end();
  } catch (err) {
    if (!reply.request.socket.destroyed) reply.log.error({ err }, "a file could not be sent to its end");
    response.destroy();
  }
}

/** Writes a piece after the other; each has been taken when its promise resolves. It rejects when the other side has gone. */
function writer(response: ServerResponse): (piece: Buffer) => Promise<void> {
  let isGone = false;
  let leave = (): void => undefined;
  // Of what was written to a connection that ends, or that has not come to this answer yet, nobody may call back.
  response.once("close", () => {
    isGone = true;
    leave();
  });
  return (piece) =>
    new Promise((resolve, reject) => {
      leave = () => reject(new Error("who reads it has gone"));
      if (isGone) leave();
      else response.write(piece, (error) => (error ? reject(error) : resolve()));
    });
}
