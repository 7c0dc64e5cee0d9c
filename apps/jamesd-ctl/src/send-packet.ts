import { JamesError } from "@jamesd/model";
import type { AddedPacket, BodyOf, Client } from "@jamesd/protocol";
import type { Context } from "./command.ts";
import { startProgress } from "./progress.ts";
import { type Sendable, uploadFile } from "./upload.ts";

// The server reads the whole archive before it answers; a large one under xz takes minutes.
const READING_TIMEOUT_MS = 30 * 60_000;

/** Uploads an archive and makes a packet of it. @throws JamesError of the server, SERVER_UNREACHABLE */
export async function sendPacket(
  client: Client,
  archive: Sendable,
  packet: Omit<BodyOf<"addPacket">, "upload">,
  { isTerminal, signal }: Context,
): Promise<AddedPacket> {
  const progress = startProgress("upload", archive.size, isTerminal);
  try {
    await uploadFile(client, archive, progress.update, signal);
  } finally {
    progress.stop();
  }
  const body = { ...packet, upload: archive.digest };
  return client
    .call("addPacket", { body, timeoutMs: READING_TIMEOUT_MS, signal })
    .catch((thrown: unknown) => {
      throw named(thrown, archive.path);
    });
}

/** The server does not know what the archive is called here: its complaints about it get the name. */
function named(thrown: unknown, path: string): unknown {
  if (!(thrown instanceof JamesError) || !/^(ARCHIVE|CONFFILE)_/.test(thrown.code)) return thrown;
  return new JamesError(thrown.code, `${path}: ${thrown.message}`, { hint: thrown.hint, cause: thrown });
}
