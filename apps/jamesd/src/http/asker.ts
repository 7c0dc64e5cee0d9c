import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import type { Leaving } from "../fleet/leaving.ts";
import type { Recipient } from "./send.ts";

/** What is known beforehand of an answer. */
type Terms = Pick<Recipient, "hasSlot" | "mayBeRefused" | "requireStillIn">;

/** Who asks, and is answered. */
export class Asker implements Recipient {
  readonly who: string;
  readonly reply: FastifyReply;
  readonly hasSlot: boolean;
  readonly mayBeRefused: boolean;
  readonly requireStillIn: () => void;
  #signal: AbortSignal | undefined;

  constructor(who: string, reply: FastifyReply, { hasSlot, mayBeRefused, requireStillIn }: Terms) {
    this.who = who;
    this.reply = reply;
    this.hasSlot = hasSlot;
    this.mayBeRefused = mayBeRefused;
    this.requireStillIn = requireStillIn;
  }

  get signal(): AbortSignal {
    this.#signal ??= goneSignal(this.reply.raw);
    return this.#signal;
  }
}

// "close" comes after every response as well; only one before its end means that nobody is there any more.
function hasLeft(response: ServerResponse): boolean {
  return response.destroyed && !response.writableEnded;
}

function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  const leave = (): void => {
    if (hasLeft(response)) gone.abort();
  };
  leave();
  response.on("close", leave);
  return gone.signal;
}

/** Whether who asks has left, for those who wait long: it costs less than a signal. */
export class Left implements Leaving {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get aborted(): boolean {
    return hasLeft(this.#response);
  }

  addEventListener(_type: "abort", listener: () => void): void {
    this.#response.on("close", listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#response.off("close", listener);
  }
}
