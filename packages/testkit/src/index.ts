export { bundledScript } from "./bundled-script.ts";
export { useBundles } from "./bundles.ts";
export { cached, keep } from "./cache.ts";
export { closed } from "./closed.ts";
export { HttpProxy, type ProxyConduct } from "./http-proxy.ts";
export { type FileSystem, ImageDisks, type MountedDisks, sh } from "./image-disks.ts";
export { killAtCalls } from "./kill-sweep.ts";
export { listen } from "./listen.ts";
export { makeCrl } from "./make-crl.ts";
export { memoryFolder } from "./memory-folder.ts";
export { fetchRelease, npmPack, type Release, ReleaseMissing } from "./npm-release.ts";
export { openFilesBelow, watchFiles } from "./open-files.ts";
export { freePort } from "./port.ts";
export { Program, type ProgramResult, runProgram } from "./program.ts";
export { programCommand } from "./programs.ts";
export { Sandbox } from "./sandbox.ts";
export { compileOf, injectInto, injecting, ONE_THREAD, requireAttach } from "./strace.ts";
export {
  IS_WHOLE,
  PART_VARIABLE,
  pick,
  SEED_VARIABLE,
  seedFor,
  steps,
  sweepPlan,
  sweepTest,
} from "./sweep.ts";
export { systemNode } from "./system-node.ts";
export { KEYS, shellWords, startOnTerminal } from "./terminal.ts";
export { CHROMIUM, requireTool, skipUnless } from "./tool.ts";
export { readTree, type TreeEntry } from "./tree.ts";
export { waitFor } from "./wait.ts";
