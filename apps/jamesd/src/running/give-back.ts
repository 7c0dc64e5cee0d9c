import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";
import { garbageCollector } from "@jamesd/config/collector";
import type { Part } from "./opened.ts";
import { repeat } from "./repeat.ts";

/** It is looked so often. */
const LOOK_MS = 2000;
/** So little is allocated in that time when hardly anything goes on: V8 gives back below a thousand bytes in a millisecond. */
const LITTLE_BYTES = LOOK_MS * 500;
/** So often, until something goes on again: what stays large after that is so by V8's options. */
const MOST_TIMES = 5;
/** A smaller young generation may stay. */
const LARGE_BYTES = 16 * 1024 * 1024;

/**
 * Has V8 give back its young generation when hardly anything goes on. It grows it, up to 128 MiB, while a fleet connects or
 * much is asked, and shrinks it only when it collects, which a server whose devices all wait has no reason to. What is
 * looked at then is only what is alive of it: some milliseconds. The pages go back to the system with V8's next collection
 * of everything that is to reduce memory: when it was already going to make one, that is 8 to 25 seconds later.
 */
export function giveBackWhenQuiet(): Part {
  let before = Number.NaN;
  let times = 0;
  return repeat({ firstMs: LOOK_MS, pauseMs: LOOK_MS }, async () => {
    const allocated = getHeapStatistics().used_heap_size - before;
    // After a collection it is less than before, and not known how much was allocated.
    if (allocated >= LITTLE_BYTES) times = 0;
    else if (allocated >= 0 && times < MOST_TIMES && isYoungGenerationLarge()) {
      times += 1;
      garbageCollector()({ type: "minor", execution: "sync" });
    }
    before = getHeapStatistics().used_heap_size;
  });
}

/** True as long as more of the young generation is kept than matters. */
export function isYoungGenerationLarge(): boolean {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
  return young !== undefined && young.space_size > LARGE_BYTES;
}
