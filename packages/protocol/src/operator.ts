/** What an operator's program needs of the protocol: without the schemas, and the library behind them. */
export { DEFAULT_ENROLL_PORT, parseAddress } from "./address.ts";
export { Client } from "./client.ts";
export { connectionError } from "./connection-error.ts";
export { EVENT_KINDS } from "./event-kinds.ts";
export { isKnownEvent } from "./known-event.ts";
export { WIRE } from "./operator-wire.ts";
export { PROXY_OPTION, wayTo } from "./proxy-choice.ts";
export { SYNC_STATUSES } from "./sync-status.ts";
