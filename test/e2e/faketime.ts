import { readdirSync } from "node:fs";
import { skipUnless } from "@jamesd/testkit";

const FOLDER = "/usr/lib";

function libfaketime(): string | undefined {
  for (const name of readdirSync(FOLDER)) {
    try {
      const folder = `${FOLDER}/${name}/faketime`;
      if (readdirSync(folder).includes("libfaketime.so.1")) return `${folder}/libfaketime.so.1`;
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}

const library = libfaketime();

/** The `skip` option of a test that sets a program's clock. */
export const needsFaketime = skipUnless(library !== undefined, "needs libfaketime");

/** Variables by which a program's clock is as a file says: `+400d`, `@1970-01-02 00:00:00`. What measures time is not touched. */
export function clockIn(file: string): NodeJS.ProcessEnv {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    DONT_FAKE_MONOTONIC: "1",
  };
}
