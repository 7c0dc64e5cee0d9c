import { counted } from "@jamesd/model";
import type { Drift } from "@jamesd/protocol";
import { agoText } from "../../../logic/time-text.ts";
import { now } from "../../due.ts";
import { Section } from "../section.tsx";

/** Where a device is not as its packets have it. */
export function DriftOf({ drift }: { readonly drift: Drift }) {
  const { count, repairable, paths, checked } = drift;
  const more = count - paths.length;
  return (
    <Section id="drift" name="Drift">
      <p class="odd">
        {counted(count, "path is", "paths are")} not as packets have them, {repairable} are put right by
        installing the app again; it looked {agoText(checked, now.value)}.
      </p>
      <ul class="items">
        {paths.map(({ app, path, kinds }) => (
          <li key={path}>
            <code>/{path}</code>{" "}
            <span class="faint">
              {kinds.join(", ")}, of {app}
            </span>
          </li>
        ))}
      </ul>
      {more > 0 && <p>and {more} more</p>}
    </Section>
  );
}
