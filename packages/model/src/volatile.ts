import { JamesError } from "./error.ts";
import { parentPaths } from "./manifest.ts";
import type { Packet } from "./packet.ts";

/** Sees that what is said to be volatile are entries of the packet. @throws JamesError VOLATILE_INVALID */
export function checkVolatile({ volatile, manifest }: Pick<Packet, "volatile" | "manifest">): void {
  // Most packets say of none, and may have many paths.
  if (volatile.length === 0) return;
  const known = new Set(manifest.flatMap(({ path }) => [...parentPaths(path), path]));
  const strange = volatile.find((path) => !known.has(path));
  if (strange === undefined) return;
  throw new JamesError("VOLATILE_INVALID", `/${strange} is nothing that the packet has`, {
    hint: "Name files, links or directories as they are in the archive: what else is written on a device is no drift.",
  });
}

/** Tells of an entry's path whether it may change on a device without being drift: configuration files, and what is volatile. */
export function isExempt({
  conffiles,
  volatile,
}: Pick<Packet, "conffiles" | "volatile">): (path: string) => boolean {
  const exempt = new Set([...conffiles, ...volatile]);
  if (exempt.size === 0) return () => false;
  const above = new Set(volatile);
  return (path) => exempt.has(path) || parentPaths(path).some((parent) => above.has(parent));
}
