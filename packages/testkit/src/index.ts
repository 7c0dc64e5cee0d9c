export { type FileSystem, ImageDisks, type MountedDisks, sh } from "./image-disks.ts";
export { freePort } from "./port.ts";
export { Program, type ProgramResult, runProgram } from "./program.ts";
export { programCommand } from "./programs.ts";
export { Sandbox } from "./sandbox.ts";
export { requireTool, skipUnless } from "./tool.ts";
export { readTree, type TreeEntry } from "./tree.ts";
export { waitFor } from "./wait.ts";
