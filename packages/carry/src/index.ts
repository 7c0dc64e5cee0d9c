export { checkExport } from "./check.ts";
export { counted, type OnBytes } from "./counted.ts";
export { OpenFile } from "./file.ts";
export {
  blobMember,
  contentsOf,
  type ExportHeader,
  FORMAT,
  HEADER_NAME,
  invalidExport,
  packetMember,
} from "./format.ts";
export type { ExportIndex, PacketPlace } from "./index-builder.ts";
export { MAX_SCRIPT_BYTES } from "./max-script-bytes.ts";
export { parsePacket } from "./parse.ts";
export { unreadable } from "./unreadable.ts";
export { verified } from "./verified.ts";
