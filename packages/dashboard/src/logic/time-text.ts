import { timeLeft } from "@jamesd/protocol/words";

/** How long ago something was, or in how long it will be. @param now as the time, in milliseconds since the epoch */
export function agoText(time: number, now: number): string {
  return time > now ? `in ${timeLeft(time - now)}` : `${timeLeft(now - time)} ago`;
}
