import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

type Collect = (how: {
  readonly type: "major";
  readonly execution: "sync";
  readonly flavor: "last-resort";
}) => void;

/** Of Node: it gives back by itself, some seconds after it was last busy, but not when it was just told to collect. */
const GIVES_BACK = 20;

/**
 * Has V8 collect all garbage now and give the memory back. A newer one does so only when something is allocated, which an
 * agent that waits hardly does: half of what a transaction took stayed.
 */
export function giveBack(): void {
  if (Number.parseInt(process.versions.node, 10) <= GIVES_BACK) return;
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as Collect;
  setFlagsFromString("--no-expose-gc");
  collect({ type: "major", execution: "sync", flavor: "last-resort" });
}
