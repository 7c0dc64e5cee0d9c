import { setFlagsFromString } from "node:v8";

const VARIABLES: object = process.config.variables;
/** V8's compilers to machine code, where it has them on. */
const COMPILERS = [
  "opt",
  "sparkplug",
  ...("v8_enable_maglev" in VARIABLES && VARIABLES.v8_enable_maglev ? ["maglev"] : []),
];

let isSparing = false;
let works = 0;

/**
 * From now on V8 interprets all that it runs, except in `withCompilers`. An agent that waits does little, but some of that
 * again and again: after ten minutes V8 compiled it, and held 4 MB of its compiler in memory for that.
 */
export function interpretOnly(): void {
  isSparing = true;
  set(false);
}

/** Compiles what the work runs often. */
export async function withCompilers<T>(work: () => Promise<T>): Promise<T> {
  works += 1;
  set(true);
  try {
    return await work();
  } finally {
    works -= 1;
    set(works > 0);
  }
}

function set(isOn: boolean): void {
  if (!isSparing) return;
  for (const name of COMPILERS) setFlagsFromString(`--${isOn ? "" : "no-"}${name}`);
}
