import type { WaitingFor } from "@jamesd/protocol";

/** What a device waits for, a line for each rollout that does not admit it yet. */
export function waitsLines(waits: readonly WaitingFor[] = []): readonly string[] {
  return waits.map(({ revision, wave }) =>
    wave === null
      ? `${revision} waits: its rollout does not admit it yet`
      : `${revision} waits for wave ${wave}`,
  );
}
