/** What a thread runs in a bundle: that of `threads.ts`, as text. Undefined in a checkout, where it runs that file. */
export const THREAD_CODE: string | undefined = undefined;
