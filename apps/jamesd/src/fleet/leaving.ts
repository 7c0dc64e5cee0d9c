/** Says when nobody waits for an answer any more. An AbortSignal is one; there are some that cost less. */
export interface Leaving {
  /** True from then on. */
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
