export { Device, type TransactionOptions } from "./device.ts";
export type { TransactionEvent } from "./event.ts";
export type { Remote } from "./remote.ts";
