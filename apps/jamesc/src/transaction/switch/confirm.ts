import { connectivitySeconds, JamesError, type Packet, type Policy, type Step } from "@jamesd/model";
import { monotonic } from "@jamesd/protocol/device";
import { pause } from "../../pause.ts";
import type { Remote } from "../fetch/remote.ts";
import type { ScriptOperation } from "../journal/operation.ts";

/** What must be proved between the switch and the commit. */
export interface Proofs {
  /** The healthchecks of the packets that came, in the order of their coming. */
  readonly healthchecks: readonly ScriptOperation[];
  /** Seconds within which the server must be reached; undefined when nobody asks for that. */
  readonly connectivity: number | undefined;
}

/** What the plan, its packets and the desired state want proved. */
export function proofsOf(
  steps: readonly Step[],
  packetOf: (digest: string) => Packet,
  policy: Policy,
): Proofs {
  const healthchecks = steps.flatMap(({ kind, app, packet }): ScriptOperation[] =>
    kind === "unpack" && packetOf(packet).scripts.healthcheck
      ? [{ kind: "script", script: "healthcheck", app, packet }]
      : [],
  );
  // One that leaves counts too: perhaps it was what led to the server.
  const policies = steps.map(({ packet }) => packetOf(packet).policy);
  return { healthchecks, connectivity: connectivitySeconds([...policies, policy]) };
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
const TRY_MS = 20_000;

/**
 * Tries until it works or the time is over, with growing pauses; a try is told how many milliseconds are left. Gives what
 * the last one threw, undefined when it worked.
 * @throws JamesError TRANSACTION_INTERRUPTED when the agent is to stop: what is not proved is not committed
 */
export async function tryUntil(
  attempt: (leftMs: number) => Promise<void>,
  limitMs: number,
  signal: AbortSignal,
): Promise<unknown> {
  const end = monotonic() + limitMs;
  const left = (): number => Math.ceil(Math.max(0, end - monotonic()));
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    let failure: unknown;
    try {
      await attempt(Math.max(1, left()));
      return undefined;
    } catch (thrown) {
      failure = thrown;
    }
    // A pause that the limit cuts short is the last: a try in its last moment could only be killed, and hide why.
    const isLast = left() <= pauseMs;
    await pause(Math.min(pauseMs, left()), signal);
    if (signal.aborted) throw stopped(signal);
    if (isLast) return failure;
  }
}

function stopped({ reason }: AbortSignal): JamesError {
  const what = "jamesc was stopped before the update had proved itself";
  return new JamesError("TRANSACTION_INTERRUPTED", what, { cause: reason });
}

/** Sees that the server can be reached. @throws JamesError CONNECTIVITY_LOST, TRANSACTION_INTERRUPTED */
export async function proveConnectivity(
  remote: Pick<Remote, "reach">,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  const attempt = (leftMs: number) =>
    remote.reach(AbortSignal.any([signal, AbortSignal.timeout(Math.min(TRY_MS, leftMs))]));
  const failure = await tryUntil(attempt, seconds * 1000, signal);
  if (failure === undefined) return;
  const why = failure instanceof JamesError ? failure.message : "no answer in time";
  throw new JamesError(
    "CONNECTIVITY_LOST",
    `the server could not be reached for ${seconds} s after the update: ${why}`,
    {
      hint: "The update was undone. Give it more time with `confirm: connectivity=TIME`, or look at what it did to the network.",
      cause: failure,
    },
  );
}
