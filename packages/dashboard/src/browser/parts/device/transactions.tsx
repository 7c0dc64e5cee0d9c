import { counted, describeStep } from "@jamesd/model";
import type { ScriptRun, ShownEvent, ShownTransaction } from "@jamesd/protocol";
import { isoTime } from "@jamesd/protocol/words";
import { isEnd } from "../../../logic/device-story.ts";
import { Section } from "../section.tsx";
import { Status } from "../status.tsx";

/** So many lines are shown of what a script said. */
const SHOWN = 20;

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
  const { outcome, revision, attempt, error, scripts } = transaction;
  return (
    <details open={isOpen}>
      <summary>
        <Status of="outcome" word={outcome} /> revision {revision}
        {attempt > 1 && `, attempt ${attempt}`} <time class="faint">{isoTime(time)}</time>
      </summary>
      {error && (
        <p class="bad said">
          {error.message} <code>{error.code}</code>
          {error.step && <> at: {describeStep(error.step)}</>}
        </p>
      )}
      {scripts.map((run, i) => (
        <Script key={`${i} ${run.app} ${run.script}`} run={run} />
      ))}
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
      {output !== "" && <Output text={output} />}
    </>
  );
}

/** What a script said; of much the end, which mostly says why. */
function Output({ text }: { readonly text: string }) {
  const lines = text.trimEnd().split("\n");
  const before = lines.slice(0, -SHOWN);
  return (
    <>
      {before.length > 0 && (
        <details>
          <summary>{counted(before.length, "line")} before</summary>
          <pre>{before.join("\n")}</pre>
        </details>
      )}
      <pre>{lines.slice(-SHOWN).join("\n")}</pre>
    </>
  );
}
