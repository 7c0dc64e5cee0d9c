export { Device } from "./device.ts";
export type { TransactionOptions } from "./device-parts.ts";
export { AT_ONCE, type Budget } from "./drift/pace.ts";
export type { TransactionEvent } from "./event.ts";
export { manifestBytes, withGivenScripts } from "./fetch/packet-store.ts";
export type { BlobContent, Remote } from "./fetch/remote.ts";
export { alwaysGo, type Go, type NotYet, NotYetError } from "./go.ts";
export { instanceOf } from "./instance.ts";
export type { Came, Onlooker } from "./onlooker.ts";
