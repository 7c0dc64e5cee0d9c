import type { AddedPacket, BodyOf, Client } from "@jamesd/protocol";

// The server reads the whole archive before it answers; a large one under xz takes minutes.
const READING_TIMEOUT_MS = 30 * 60_000;

/** Has the server make a packet of an archive that was uploaded. @throws JamesError of the server */
export function makePacket(
  client: Client,
  { volatile = [], deltaFrom = [], ...known }: BodyOf<"addPacket">,
  signal: AbortSignal,
): Promise<AddedPacket> {
  // An older server would refuse what it does not know.
  const body = {
    ...known,
    ...(volatile.length > 0 && { volatile }),
    ...(deltaFrom.length > 0 && { deltaFrom }),
  };
  return client.call("addPacket", { body, timeoutMs: READING_TIMEOUT_MS, signal });
}
