import { setTimeout as sleep } from "node:timers/promises";
import { JamesError } from "@jamesd/model";
import type { Client } from "@jamesd/protocol";

/** So long the server is asked to wait for an event: not all that is shown of a device is one, so it is looked at as often at least. */
const WAIT_SECONDS = 10;
/** So long an answer may take, in which the server says nothing while it waits. */
const ANSWER_MS = 30_000;
/** It is asked at most so often while there is nothing, also when the server is away or does not hold requests. */
const RETRY_MS = 1000;

/** Waits for what happens to a device, or in the whole fleet. It says only when to look again: nothing is lost with an event that is. */
export class News {
  readonly #client: Client;
  readonly #device: string | undefined;
  /** The last event that is known; undefined before the first answer. */
  #after: number | undefined;

  constructor(client: Client, device?: string) {
    this.#client = client;
    this.#device = device;
  }

  /** Resolves when there may be something new; the first time at once, for the beginning. @throws JamesError of the server, unless it is away */
  async next(signal: AbortSignal): Promise<void> {
    const asked = performance.now();
    const events = await this.#ask(signal).catch((thrown: unknown) => {
      if (JamesError.from(thrown).class === "unavailable") return undefined;
      throw thrown;
    });
    const isFirst = this.#after === undefined;
    if (events) this.#after = events.at(-1)?.sequence ?? this.#after ?? 0;
    if (events && (isFirst || events.length > 0)) return;
    const restMs = RETRY_MS - (performance.now() - asked);
    if (restMs > 0) await sleep(restMs, undefined, { signal });
  }

  #ask(signal: AbortSignal) {
    const after = this.#after?.toString();
    return this.#client.call("listEvents", {
      query: { device: this.#device, ...(after === undefined ? { last: "1" } : { after }) },
      headers: after === undefined ? {} : { prefer: `wait=${WAIT_SECONDS}` },
      timeoutMs: ANSWER_MS,
      signal,
    });
  }
}
