import type { Device, Tagged } from "@jamesd/protocol";
import { useSignal } from "@preact/signals";
import { impactText, typedTags } from "../../../logic/device-actions.ts";
import { devicesAt, pathOf } from "../../../logic/places.ts";
import { tell } from "../../api.ts";
import { mayWrite } from "../../asker.ts";
import { confirm } from "../confirm.tsx";
import { Section } from "../section.tsx";
import type { Act } from "./actions.tsx";

/** The tags of a device, its own and those that it was given; who may gives others or takes them away. */
export function Tags({ device, act }: { readonly device: Device; readonly act: Act }) {
  const { id, systemtags, givenTags = [] } = device;
  const take = (tag: string) => act(() => change(id, "Take away", { add: [], remove: [tag] }));
  return (
    <Section id="tags" name="Tags">
      <ul class="device-tags">
        {systemtags.map((tag) => (
          <li key={tag}>
            <a href={devicesAt(`tag:${tag}`)}>{tag}</a>
          </li>
        ))}
        {givenTags.map((tag) => (
          <li key={`given ${tag}`} class="given">
            <a href={devicesAt(`tag:${tag}`)}>{tag}</a> <small>given</small>{" "}
            {mayWrite.value && (
              <button type="button" aria-label={`Take away ${tag}`} onClick={() => take(tag)}>
                ×
              </button>
            )}
          </li>
        ))}
      </ul>
      {mayWrite.value && <TagForm id={id} act={act} />}
    </Section>
  );
}

function TagForm({ id, act }: { readonly id: string; readonly act: Act }) {
  const typed = useSignal("");
  const add = typedTags(typed.value);
  const give = async () => {
    const done = await change(id, "Give", { add, remove: [] });
    if (done !== undefined) typed.value = "";
    return done;
  };
  return (
    <form
      class="choices"
      onSubmit={(event) => {
        event.preventDefault();
        if (add.length > 0) void act(give);
      }}
    >
      <input
        aria-label="Tags to give"
        placeholder="tags to give"
        autocomplete="off"
        value={typed.value}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value;
        }}
      />
      <button type="submit" disabled={add.length === 0}>
        Give tags
      </button>
    </form>
  );
}

/** Says before what other tags mean. @returns what was done; undefined: nothing */
async function change(
  id: string,
  action: string,
  tags: { readonly add: readonly string[]; readonly remove: readonly string[] },
): Promise<string | undefined> {
  const path = `/v1${pathOf("devices", id)}/tags`;
  const { impact } = await tell<Tagged>("POST", path, { ...tags, dryRun: true });
  const title = `${action} ${[...tags.add, ...tags.remove].join(", ")}?`;
  if (!(await confirm({ title, text: impactText(impact), action }))) return undefined;
  const { tags: given } = await tell<Tagged>("POST", path, tags);
  return `Its given tags are: ${given.join(", ") || "none"}.`;
}
