import type { Server } from "node:https";
import type { Socket } from "node:net";

/**
 * Has connections begin their handshake when something came over them: what says nothing costs a few KB then in place of
 * the 30 that TLS takes for each. To be called before anybody else listens for connections. @param isSilent told of each
 * over which nothing came in so many milliseconds; it is to be ended
 */
export function awaitFirstBytes(server: Server, ms: number, isSilent: (socket: Socket) => void): void {
  const begin = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const giveUp = (): void => isSilent(socket);
    // Nobody else listens to it until then.
    socket.on("error", () => undefined);
    socket.setTimeout(ms, giveUp);
    socket.once("readable", () => {
      socket.setTimeout(0, giveUp);
      // It has ended without a word.
      if (socket.readableLength === 0) socket.destroy();
      // TLS takes what was read of it by now from the socket.
      else for (const listener of begin) listener.call(server, socket);
    });
  });
}
