import { JamesError } from "@jamesd/model";
import type { About, Client } from "@jamesd/protocol";

/** What the server says of itself; undefined of one that is older than this question. @throws JamesError */
export async function askAbout(client: Client, signal: AbortSignal): Promise<About | undefined> {
  try {
    return await client.call("about", { signal });
  } catch (thrown) {
    if (thrown instanceof JamesError && thrown.code === "ROUTE_UNKNOWN") return undefined;
    throw thrown;
  }
}
