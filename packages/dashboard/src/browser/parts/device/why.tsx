import type { Device } from "@jamesd/protocol";
import { isoTime } from "@jamesd/protocol/words";
import { standingOf } from "../../../logic/device-story.ts";
import { pathOf } from "../../../logic/places.ts";
import { sizeText } from "../../../logic/size.ts";
import { agoText } from "../../../logic/time-text.ts";
import { now } from "../../due.ts";
import { Section } from "../section.tsx";

/** How a device stands, why, and what to do about it. */
export function Why({ device }: { readonly device: Device }) {
  const { sync, problem, waiting, preparing, nextTry, waits = [] } = device;
  const { what, since, todo } = standingOf(device, now.value);
  return (
    <Section id="why" name={sync === "in-sync" ? "In sync" : "Why it is not in sync"}>
      {what.map((line) => (
        <p key={line}>{line}</p>
      ))}
      {problem && (
        <p class="bad said">
          {problem.message} <code>{problem.code}</code>
        </p>
      )}
      {waiting && (
        <p class="odd said">
          It waits
          {waiting.until !== undefined &&
            ` until ${isoTime(waiting.until)}, ${agoText(waiting.until, now.value)}`}
          : {waiting.why}
        </p>
      )}
      {preparing?.total !== undefined && preparing.total > 0 && (
        <p>
          <progress value={preparing.bytes ?? 0} max={preparing.total} aria-label="fetched" /> fetched{" "}
          {sizeText(preparing.bytes ?? 0)} of {sizeText(preparing.total)}
        </p>
      )}
      {typeof nextTry === "number" && !waiting && <p>It tries again {agoText(nextTry, now.value)}.</p>}
      {waits.map(({ revision, wave }) => (
        <p key={revision}>
          <a href={pathOf("rollouts", String(revision))}>Rollout {revision}</a> does not admit it yet
          {wave !== null && `: it will be in wave ${wave}`}.
        </p>
      ))}
      {todo && <p class="todo">{todo}</p>}
      {since && <p class="faint">{since}</p>}
    </Section>
  );
}
