import type { Part } from "./opened.ts";

/** Does a work again and again, with a pause after each; a failure does not end it. Keeps no process alive. Closed, it stops. */
export function repeat(
  { firstMs, pauseMs }: { readonly firstMs: number; readonly pauseMs: number },
  work: () => Promise<unknown>,
): Part {
  let isStopped = false;
  const run = async (): Promise<void> => {
    await work().catch(() => undefined);
    if (!isStopped) timer = setTimeout(run, pauseMs).unref();
  };
  let timer = setTimeout(run, firstMs).unref();
  return {
    close() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
