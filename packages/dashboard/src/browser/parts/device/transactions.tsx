import { describeStep } from "@jamesd/model";
import type { Event, ScriptRun, ShownEvent, ShownTransaction } from "@jamesd/protocol";
import { isoTime } from "@jamesd/protocol/words";
import { Section } from "../section.tsx";
import { Status } from "../status.tsx";

function isEnd(event: ShownEvent): event is Extract<Event, { kind: "transaction" }> {
  return event.kind === "transaction";
}

/** How the carrying-out of plans ended, newest first, with what scripts said. */
export function Transactions({ events }: { readonly events: readonly ShownEvent[] }) {
  const ended = events.filter(isEnd).toReversed();
  if (ended.length === 0) return null;
  return (
    <Section id="transactions" name="Transactions">
      {ended.map((event, i) => (
        <One
          key={event.sequence}
          time={event.time}
          transaction={event.transaction}
          isOpen={i === 0 && event.transaction.outcome !== "committed"}
        />
      ))}
    </Section>
  );
}

function One({
  time,
  transaction,
  isOpen,
}: {
  readonly time: number;
  readonly transaction: ShownTransaction;
  readonly isOpen: boolean;
}) {
  const { outcome, revision, attempt, durationMs, error, scripts } = transaction;
  return (
    <details open={isOpen}>
      <summary>
        <Status of="outcome" word={outcome} /> revision {revision}
        {attempt > 1 && `, attempt ${attempt}`} <time class="faint">{isoTime(time)}</time>
      </summary>
      <p class="faint">It took {durationMs / 1000} s.</p>
      {error && (
        <p class="bad said">
          {error.message} <code>{error.code}</code>
          {error.step && <> at: {describeStep(error.step)}</>}
          {error.hint && (
            <>
              <br />
              {error.hint}
            </>
          )}
        </p>
      )}
      {scripts.map((run, i) => (
        <Script key={`${i} ${run.app} ${run.script}`} run={run} />
      ))}
      {scripts.length === 0 && <p class="faint">No script ran.</p>}
    </details>
  );
}

function Script({
  run: { app, script, exitCode, signal, output, undo, durationMs },
}: {
  readonly run: ScriptRun;
}) {
  const end = signal === null ? `exit code ${exitCode ?? "unknown"}` : `ended by ${signal}`;
  const isBad = signal !== null || exitCode !== 0;
  return (
    <>
      <p class={isBad ? "bad" : ""}>
        {undo && "to undo: "}
        {script} of {app}: {end}, {durationMs} ms
      </p>
      {output !== "" && <pre>{output}</pre>}
    </>
  );
}
