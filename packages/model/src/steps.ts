/** Long work in short steps: who does it may let others run after each. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Does all of the work at once. */
export function whole<T>(work: Steps<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}
