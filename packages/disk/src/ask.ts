import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { firstLock } from "./first-lock.ts";

/** The longest line that is read from a socket. */
const MAX_LINE = 1024;

/**
 * Asks who holds the lock of a folder; waits for the answer as long as it takes.
 * @returns the answer, or undefined when nobody holds it or the holder does not answer questions
 */
export function askHolder(folder: string, program: string, question: string): Promise<string | undefined> {
  return firstLock(folder, program, (path) => askSocket(path, question));
}

/** Answers the one question that comes over a connection; one that says nothing, or too much, is closed. */
export function answerSocket(socket: Socket, answer: (question: string) => Promise<string>): void {
  let asked = "";
  socket.setEncoding("utf8").on("error", () => socket.destroy());
  socket.on("data", function read(chunk: string) {
    asked += chunk;
    if (asked.length > MAX_LINE) socket.destroy();
    if (!asked.includes("\n")) return;
    socket.off("data", read);
    answer(asked.slice(0, asked.indexOf("\n"))).then(
      (said) => socket.end(said),
      () => socket.destroy(),
    );
  });
}

async function askSocket(path: string, question: string): Promise<string | undefined> {
  const socket = connect(path);
  socket.write(`${question}\n`);
  try {
    // Nothing is no answer.
    return (await text(socket)) || undefined;
  } catch {
    return undefined;
  }
}
