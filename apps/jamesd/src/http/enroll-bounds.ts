import type { Logger } from "pino";
import { Clients } from "./clients.ts";
import { type HandshakeLimits, handshakeLimits } from "./handshakes.ts";
import { REFUSAL_LINES, Refusals } from "./refusals.ts";
import { WorkBudget, type WorkSettings } from "./work-budget.ts";

/** What keeps those of whom nothing is known from taking what is there for all: by the place that they come from, and in all. */
export interface EnrollBounds {
  readonly handshakes: HandshakeLimits;
  /** Connections in all, whatever becomes of them; whoever comes then is turned away. */
  readonly most: number;
  /** The connections of each place. */
  readonly places: Clients;
  /** Connections, in time: a handshake costs more than the request. */
  readonly connections: Rates;
  readonly requests: Rates;
  /** Of those who are written down, and may wait. */
  readonly waiting: Rates;
  /** Of each device that has a certificate, and asks for others that are to be signed elsewhere. */
  readonly signing: WorkBudget;
  readonly refusals: Refusals;
}

/** Of one place (`addressGroup`) at once; a site with its devices behind one address is one. */
const MOST_OF_PLACE = { connections: 64, requests: 64 };
const MOST = 512;

const hint = "Try again later; a device does so by itself.";
const CONNECTIONS: Rate = {
  ofPlace: { most: 512, perSecond: 20 },
  ofAll: { most: 4096, perSecond: 200 },
};
const REQUESTS: Rate = { ofPlace: { most: 512, perSecond: 20 }, ofAll: { most: 4096, perSecond: 200 } };
/** Each is a durable write and an event: in all some 9,000 a day. */
const WAITING: Rate = { ofPlace: { most: 100, perSecond: 1 / 60 }, ofAll: { most: 1000, perSecond: 0.1 } };

/** One or two in its life are usual; each is a durable write, an event and work for people. */
const SIGNING: Omit<WorkSettings, "now"> = {
  ...{ free: 0, most: 16, perSecond: 1 / 3600 },
  does: "asks for one certificate after the other",
  hint: "Ask with the same key until it is signed.",
};

/** How often something may be: so often at once, and then so often a second. */
interface Rate {
  readonly ofPlace: Pick<WorkSettings, "most" | "perSecond">;
  readonly ofAll: Pick<WorkSettings, "most" | "perSecond">;
}

/** How often something may be from each place, and in all. */
export class Rates {
  readonly #ofPlace: WorkBudget;
  readonly #ofAll: WorkBudget;

  constructor({ ofPlace, ofAll }: Rate, now: () => number) {
    const common = { free: 0, now, does: "asks to join too often", hint };
    this.#ofPlace = new WorkBudget({ ...ofPlace, ...common });
    this.#ofAll = new WorkBudget({ ...ofAll, ...common });
  }

  /** @throws JamesError SERVER_BUSY with the time when there is room for it */
  spend(place: string, amount: number): void {
    // First: what one place is refused takes nothing from the others.
    this.#ofPlace.spend(place, amount);
    this.#ofAll.spend("everybody together", amount);
  }
}

/** The bounds of a listener for joining, in a process that may have so many descriptors. */
export function makeEnrollBounds(
  descriptors: number,
  log: Logger,
  now = () => performance.now(),
): EnrollBounds {
  const most = enrollConnections(descriptors);
  const handshakes = handshakeLimits(most);
  // What has just been ended, and what has just come, is counted by the system as well.
  const inAll = Math.max(1, most - 2 * handshakes.most);
  const refusals = new Refusals(log, REFUSAL_LINES);
  const reason = "there are too many connections, and most from there; the oldest is ended";
  return {
    ...{ most, refusals, handshakes },
    places: new Clients({ ...MOST_OF_PLACE, inAll }, (_place, { remoteAddress: from }) =>
      refusals.note({ from, reason }),
    ),
    connections: new Rates(CONNECTIONS, now),
    requests: new Rates(REQUESTS, now),
    waiting: new Rates(WAITING, now),
    signing: new WorkBudget({ ...SIGNING, now }),
  };
}

/** So many of the descriptors of a process are for who has yet to join. */
export function enrollConnections(descriptors: number): number {
  return Math.max(2, Math.min(MOST, Math.floor(descriptors / 8)));
}
