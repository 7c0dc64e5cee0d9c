import { setImmediate as letOthersRun } from "node:timers/promises";

/** All that is kept by id, some at a time; between them others run. @param read some, by id, from the first after an id */
export async function* pages<T>(
  read: (after: string) => Promise<readonly T[]>,
  idOf: (one: T) => string,
): AsyncGenerator<readonly T[]> {
  for (let after = ""; ; ) {
    const some = await read(after);
    const last = some.at(-1);
    if (last === undefined) return;
    yield some;
    after = idOf(last);
    await letOthersRun();
  }
}
