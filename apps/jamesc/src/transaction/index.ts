export type { TransactionOptions } from "./context.ts";
export { Device } from "./device.ts";
export type { TransactionEvent } from "./event.ts";
export { manifestBytes } from "./manifest-bytes.ts";
export { withGivenScripts } from "./parse-packet.ts";
export type { BlobContent, Remote } from "./remote.ts";
