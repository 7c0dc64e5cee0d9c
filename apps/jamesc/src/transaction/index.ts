export type { TransactionOptions } from "./context.ts";
export { Device } from "./device.ts";
export type { TransactionEvent } from "./event.ts";
export { withGivenScripts } from "./parse-packet.ts";
export type { BlobContent, Remote } from "./remote.ts";
