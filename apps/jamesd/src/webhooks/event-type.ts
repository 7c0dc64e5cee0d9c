import { JamesError, ROLLOUT_STATUSES } from "@jamesd/model";
import { EVENT_KINDS, TRANSACTION_OUTCOMES } from "@jamesd/protocol";
import type { Event, EventKind } from "../repository/event.ts";

/** What an event is called for receivers: its kind; transactions by how they ended, rollouts by how they stand. */
export function typeOf(event: Event): string {
  if (event.kind === "transaction") return `${event.kind}-${event.transaction.outcome}`;
  return event.kind === "rollout" ? `${event.kind}-${event.status}` : event.kind;
}

/** What events of a kind are called where that says more than the kind. */
const WORDS: { readonly [kind in EventKind]?: readonly string[] } = {
  transaction: TRANSACTION_OUTCOMES,
  rollout: ROLLOUT_STATUSES,
};

function typesOf(kind: EventKind): readonly string[] {
  return WORDS[kind]?.map((word) => `${kind}-${word}`) ?? [kind];
}

/** All that events are called. */
const TYPES: readonly string[] = EVENT_KINDS.flatMap(typesOf);

/** What people want to be woken for. */
const WAKING: readonly string[] = [
  ...["transaction-rolled-back", "transaction-stuck", "device-halted", "device-doubled"],
  ...["certificate-cloned", "certificates-end", "revoked", "enrollment-waiting"],
  ...["rollout-waiting", "rollout-paused", "rollout-reverted"],
];

/** Which events receivers are told of. */
export interface Wanted {
  readonly types: ReadonlySet<string>;
  /** These kinds, and perhaps not all events of them. */
  readonly kinds: readonly EventKind[];
}

/** Those that are given; when none is, those that people want to be woken for; with `all` all. @throws JamesError USAGE */
export function wantedOf(given: readonly string[]): Wanted {
  const unknown = given.find((type) => type !== "all" && !TYPES.includes(type));
  if (unknown !== undefined)
    throw new JamesError("USAGE", `no event is called ${JSON.stringify(unknown)}`, {
      hint: `--webhook-events takes all, or some of ${TYPES.join(", ")}.`,
    });
  const types = new Set(given.includes("all") ? TYPES : given.length > 0 ? given : WAKING);
  const kinds = EVENT_KINDS.filter((kind) => typesOf(kind).some((type) => types.has(type)));
  return { types, kinds };
}
