import type { Session } from "./session.ts";

/** How long after its last check-in a device that polls still counts as connected. */
const CONNECTED_MS = 150_000;

/** Who let its check-ins be held within this time does not poll: it has a connection at all times, but for moments. */
const HOLDS_MS = 900_000;

/** A connection that is idle for longer may have been left for that alone: a server ends it after 75 seconds, an agent a little earlier. */
const IDLE_MS = 60_000;

/** True of a device that holds a check-in, or did not long ago. */
export function isConnected(session: Session, now: number): boolean {
  const { held, isCut, lastSeen, askAgainMs, goneAt } = session;
  return held !== undefined || (!isCut && now < goneAt && now - lastSeen < askAgainMs + CONNECTED_MS);
}

/**
 * A device has ended its last connection. One that lets its check-ins be held comes back at once, or is not there: it is
 * gone after `comeBackMs`. One that polls, or was told to ask later, has no connection in between, and one that has
 * prepared a plan ends what it asks when it begins to change.
 */
export function hungUp(session: Session, now: number, comeBackMs: number): void {
  const { wantedHeld, lastSeen, askAgainMs, preparing } = session;
  const isExpected = askAgainMs > 0 || preparing !== undefined || now - wantedHeld >= HOLDS_MS;
  if (!isExpected && now - lastSeen < IDLE_MS) session.goneAt = now + comeBackMs;
}
