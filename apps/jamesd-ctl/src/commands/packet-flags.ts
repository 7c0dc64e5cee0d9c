import { text } from "@jamesd/config";
import { tagList } from "../cli/lists.ts";

/** The flags that name one packet. */
export const PACKET_FLAGS = {
  name: text({ value: "NAME", help: "the packet's name" }),
  tags: tagList({ help: "its tags, with commas between; not needed when the name has one packet only" }),
  digest: text({ value: "DIGEST", help: "its digest, or the first digits of it, in place of name and tags" }),
};
