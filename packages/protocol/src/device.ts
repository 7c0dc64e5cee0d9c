/** What an agent needs of the protocol: without the schemas, and the library behind them. */
export { type Address, addressText, DEFAULT_ENROLL_PORT, hostText, parseAddress } from "./address.ts";
export type { AnswerStream } from "./answer-stream.ts";
export { type CallOptions, Client, type DownloadOptions } from "./client.ts";
export { connectionError } from "./connection-error.ts";
export { DEVICE_WIRE, type DeviceClient, type DeviceRouteName } from "./device-wire.ts";
export { isKnownPlan } from "./known-plan.ts";
export { monotonic } from "./monotonic.ts";
export { proxyUrl, type Way } from "./proxy.ts";
export { PROXY_OPTION, wayTo } from "./proxy-choice.ts";
export { readAsReply } from "./read-as-reply.ts";
export { MAX_REPLY_BYTES } from "./read-reply.ts";
export type {
  AnyPlan,
  Checkin,
  Followed,
  PlanMessage,
  Preparing,
  ReadCheckinReply,
  ScriptRun,
  Transaction,
  Waiting,
} from "./schema-checkin.ts";
export type { CertificateReply, Issued } from "./schema-enrollment.ts";
