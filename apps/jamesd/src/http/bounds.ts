import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Shedding } from "../running/shedding.ts";
import { Turns } from "../running/turns.ts";
import { BODIES, Bodies } from "./bodies.ts";
import { Clients } from "./clients.ts";
import { type ConnectionLimits, connectionLimits } from "./connection-limits.ts";
import type { Deadlines } from "./deadlines.ts";
import { DownloadSlots } from "./download-slots.ts";
import { HandshakeGate } from "./handshake-gate.ts";
import { HandshakeWaste } from "./handshake-waste.ts";
import { REFUSAL_LINES, Refusals } from "./refusals.ts";
import { ReplyMemory } from "./reply-memory.ts";
import { NEWS, REPORTS, requestsOf, WorkBudget } from "./work-budget.ts";

/** A download waits so long for its turn: less than any client, or proxy in between, waits for an answer. */
const LONGEST_WAIT_MS = 5000;

/** So many take a third of a core; fewer where the server does not keep up. */
const HANDSHAKES_PER_SECOND = 500;

/** So many bytes of long answers wait for their readers. */
const REPLY_BYTES = 256 * 1024 * 1024;

/** What keeps one client, or many, from taking what is there for all (docs/decisions/0020-who-may-take-how-much.md). */
export interface Bounds {
  readonly limits: ConnectionLimits;
  readonly gate: HandshakeGate;
  readonly waste: HandshakeWaste;
  readonly shedding: Shedding;
  readonly clients: Clients;
  readonly bodies: Bodies;
  /** Of long reports, in bytes. */
  readonly reports: WorkBudget;
  /** Of reports that tell something, however short. */
  readonly news: WorkBudget;
  /** One look at the whole fleet after the other. */
  readonly looks: Turns;
  readonly downloads: DownloadSlots;
  readonly memory: ReplyMemory;
  readonly refusals: Refusals;
}

/** The bounds of a server that may have so many files and connections open. */
export function makeBounds(
  { maxDownloads, maxRequests }: Pick<Config, "maxDownloads" | "maxRequests">,
  descriptors: number,
  deadlines: Deadlines,
  shedding: Shedding,
  log: Logger,
): Bounds {
  const { random } = Math;
  const limits = connectionLimits(descriptors);
  const refusals = new Refusals(log, REFUSAL_LINES);
  const waste = new HandshakeWaste(() => performance.now());
  const reason = "it has too many connections; the oldest is ended";
  return {
    ...{ limits, shedding, waste },
    gate: new HandshakeGate({
      ...limits.waiting,
      perSecond: () => HANDSHAKES_PER_SECOND * (1 - 0.9 * shedding.level),
      isLate: (place) => waste.isLate(place),
      clock: () => performance.now(),
      refused: (from, reason) => refusals.note({ from, reason }),
    }),
    clients: new Clients(
      limits.client,
      (name, { remoteAddress: from }) => refusals.note({ from, name, reason }),
      new WorkBudget({ ...requestsOf(maxRequests), now: () => performance.now() }),
    ),
    bodies: new Bodies({ ...BODIES, longestMs: deadlines.body, random }),
    reports: new WorkBudget({ ...REPORTS, now: () => performance.now() }),
    news: new WorkBudget({ ...NEWS, now: () => performance.now() }),
    looks: new Turns(),
    downloads: new DownloadSlots({ most: maxDownloads, waitMs: LONGEST_WAIT_MS, random }),
    memory: new ReplyMemory(REPLY_BYTES, random),
    refusals,
  };
}
