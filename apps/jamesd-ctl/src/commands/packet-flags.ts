import { parsed, text } from "@jamesd/config";
import { parseName, type Tag } from "@jamesd/model";
import type { Client, PacketInfo } from "@jamesd/protocol";
import { tagList } from "../cli/lists.ts";

/** The flags that name one packet. */
export const PACKET_FLAGS = {
  name: text({ value: "NAME", help: "the packet's name" }),
  tags: tagList({ help: "its tags, with commas between; not needed when the name has one packet only" }),
  digest: text({ value: "DIGEST", help: "its digest, or the first digits of it, in place of name and tags" }),
};

/** The flags that choose some packets. */
export const PACKET_FILTER = {
  name: parsed({ value: "NAME", help: "only packets of this name", parse: parseName }),
  tags: tagList({ help: "only packets that have all these tags" }),
};

/** The packets chosen, newest first. */
export function listChosen(
  client: Client,
  { name, tags }: { readonly name: string | undefined; readonly tags: readonly Tag[] | undefined },
  signal: AbortSignal,
): Promise<readonly PacketInfo[]> {
  return client.call("listPackets", { query: { name, tags: tags?.join(",") || undefined }, signal });
}
