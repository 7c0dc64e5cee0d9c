import { rm } from "node:fs/promises";
import { syncPathAside } from "@jamesd/disk";
import type { Wanted } from "./fetched.ts";

/** So much of a content is written before the disk is to take it: less is not worth its round. */
const ENOUGH_BYTES = 8 * 1024 * 1024;

/**
 * Has the disk take large contents while others still come: it would be waited for when they are staged. That proves
 * nothing, staging syncs them all the same. But the system tells of an error once: a content of which it told here is not
 * kept, for the next sync would be believed.
 */
export class SyncBehind {
  #underWay: Promise<void> = Promise.resolve();
  /** Those that have not ended. */
  #count = 0;
  #isLeft = false;
  #failure: { readonly of: Wanted; readonly cause: unknown } | undefined;

  /** Some of a content is written. @param bytes that nobody has begun to sync @returns whether they are synced now @throws what the system said of an earlier one */
  wrote(wanted: Wanted, bytes: number): boolean {
    if (this.#failure) throw this.#failure.cause;
    if (bytes < ENOUGH_BYTES || this.#count > 0) return false;
    this.#begin(wanted, wanted.part);
    return true;
  }

  /** A content is whole, and has its name. @throws as `wrote` */
  whole(wanted: Wanted): void {
    if (this.#failure) throw this.#failure.cause;
    this.#begin(wanted, wanted.file);
  }

  /** What has not begun need not: nothing of it is staged now. */
  leave(): void {
    this.#isLeft = true;
  }

  /** Waits until nothing is under way. @throws what the system said; that content is gone then */
  async end(): Promise<void> {
    await this.#underWay;
    if (!this.#failure) return;
    const { of, cause } = this.#failure;
    for (const path of [of.part, of.file]) await rm(path, { force: true });
    throw cause;
  }

  // One at a time: a disk that is slow is not to have all threads wait for it.
  #begin(wanted: Wanted, path: string): void {
    this.#count += 1;
    this.#underWay = this.#underWay.then(() => this.#sync(wanted, path));
  }

  async #sync(of: Wanted, path: string): Promise<void> {
    try {
      if (!this.#failure && !this.#isLeft) await syncPathAside(path);
    } catch (cause) {
      this.#failure = { of, cause };
    } finally {
      this.#count -= 1;
    }
  }
}
