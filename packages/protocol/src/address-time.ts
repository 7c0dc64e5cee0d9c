import type { Socket } from "node:net";
import { monotonic } from "./monotonic.ts";

/** Of which Node thinks that it is enough. */
const FIRST_MS = 250;
const GROWTH = 6;
const MOST_MS = 9000;

/**
 * How long each address of a server that has several is waited for. Node leaves one that has not answered by then, and does
 * not come back to it (`autoSelectFamilyAttemptTimeout`): over a satellite, or where packets are lost, the only address that
 * can be reached would be left each time.
 */
export class AddressTime {
  #ms = FIRST_MS;

  get ms(): number {
    return this.#ms;
  }

  /** An address was left after `ms`, and no other one answered. @returns whether they are waited for longer now */
  grow(ms: number): boolean {
    if (ms === this.#ms) this.#ms = Math.min(MOST_MS, ms * GROWTH);
    return ms < this.#ms;
  }
}

/**
 * Watches a connection that is being made. @returns whether it came to nothing because its addresses were left too early,
 * to be asked when it has
 */
export function watchAddresses(socket: Socket, time: AddressTime): () => boolean {
  const { ms } = time;
  let begun = monotonic();
  // How long a name is looked up does not count.
  socket.once("lookup", () => {
    begun = monotonic();
  });
  return () => {
    const { length } = socket.autoSelectFamilyAttemptedAddresses ?? [];
    return length > 1 && monotonic() - begun >= ms && time.grow(ms);
  };
}

/** No address of the server answered in the time that it had, and that was short. */
export class LeftTooEarly extends Error {
  constructor(cause: unknown) {
    super("no address of the server answered soon enough", { cause });
  }
}
