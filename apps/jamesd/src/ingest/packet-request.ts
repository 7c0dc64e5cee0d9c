import type { Digest, Policy, ScriptName } from "@jamesd/model";

/** What a packet is made of; `upload` names the archive, uploaded before. */
export interface PacketRequest {
  readonly name: string;
  readonly tags: readonly string[];
  readonly upload: Digest;
  readonly scripts: { readonly [name in ScriptName]?: Uint8Array };
  /** As paths are in archives: a leading `/` or `./` does not count. */
  readonly conffiles?: readonly string[];
  readonly volatile?: readonly string[];
  readonly policy?: Policy;
  /** Setuid and setgid files are allowed. */
  readonly setid?: boolean;
  /** It may replace what an agent itself runs by. */
  readonly agent?: boolean;
}
