import type { FileEntry } from "@jamesd/model";
import { SMALL_BYTES } from "../disk/read-verified.ts";
import { KEPT_SLOT, type KeepOperation } from "../journal/operation.ts";
import type { Seen } from "./unchanged.ts";

/** Says where the contents of files that stay are kept: small ones one after another in a slot for each area, large ones in a slot each. */
export class Keeper {
  readonly #secret: string;
  /** By area, where the next small one begins. */
  readonly #ends = new Map<number, number>();
  #large = 0;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** @param there what was seen of it when it was compared */
  keep({ path, digest, size }: FileEntry, there: Seen, area: number): KeepOperation {
    const { mode, uid, gid, mtimeMs, ctimeMs, ino } = there;
    const like = { mode: mode & 0o7777, uid, gid, written: mtimeMs, changed: ctimeMs, ino };
    return { kind: "keep", path, area, ...this.#place(area, size), content: digest, size, ...like };
  }

  #place(area: number, size: number): Pick<KeepOperation, "slot" | "start"> {
    if (size > SMALL_BYTES) return { slot: `${KEPT_SLOT}${++this.#large}-${this.#secret}`, start: 0 };
    const start = this.#ends.get(area) ?? 0;
    this.#ends.set(area, start + size);
    return { slot: `${KEPT_SLOT}0-${this.#secret}`, start };
  }
}
