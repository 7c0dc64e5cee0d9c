const TROUBLE_TEXTS: Readonly<Record<string, string>> = {
  breach: "more devices failed than may",
  stalled: "a wave had no success for too long",
};

/** Why a rollout stands still without somebody's doing. */
export function troubleText(trouble: string): string {
  return TROUBLE_TEXTS[trouble] ?? trouble;
}
