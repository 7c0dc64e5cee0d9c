export { type Compression, recogniseCompression } from "./compression.ts";
export { type ArchiveLimits, DEFAULT_LIMITS } from "./limits.ts";
export { type ArchiveSink, readArchive } from "./read.ts";
export { checkEntry, checkManifest, checkPath, checkTarget } from "./safe-path.ts";
export { writeArchive } from "./write.ts";
