import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Has V8 collect garbage now: all of it, or what is young. */
export type Collector = (how: {
  readonly type: "major" | "minor";
  readonly execution: "sync";
  /** Gives the memory back as well, where it can. */
  readonly flavor?: "last-resort";
}) => void;

/** What V8 has for that; only contexts that are made while it is shown have it, so that nobody else does. */
export function garbageCollector(): Collector {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as Collector;
  setFlagsFromString("--no-expose-gc");
  return collect;
}
