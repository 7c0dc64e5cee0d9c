/**
 * Why a device is left alone until an operator decides (docs/decisions/0039-halted-devices.md). `ahead`: it followed a
 * revision that this server made and no longer has; `foreign`: one of another server's history; `unexplained`: it has apps
 * that nothing this server did explains, and its agent cannot say what it followed.
 */
export const HALT_REASONS = ["ahead", "foreign", "unexplained"] as const;
export type HaltReason = (typeof HALT_REASONS)[number];

/** What was seen of a device that does not go by the history of the server. */
export interface Halt {
  readonly reason: HaltReason;
  /** What the device said that it followed; 0 when it said nothing. */
  readonly revision: number;
  /** The newest revision of the server at that time. */
  readonly newest: number;
}

type Told = Pick<Halt, "revision" | "newest">;

const TEXTS: Readonly<Record<HaltReason, (halt: Told) => string>> = {
  ahead: ({ revision, newest }) =>
    `it has followed revision ${revision}, which this server no longer has (its newest was ${newest})`,
  foreign: ({ revision }) => `it has followed revision ${revision} of another server's history`,
  unexplained: () => "it has apps that this server did not install",
};

/** Why the device is left alone, in words that go on after its name; of a reason that only a later version knows, its word. */
export function haltText({
  reason,
  ...told
}: Told & { readonly reason: HaltReason | (string & {}) }): string {
  return isReason(reason) ? TEXTS[reason](told) : reason;
}

function isReason(reason: string): reason is HaltReason {
  return (HALT_REASONS as readonly string[]).includes(reason);
}
