import type { Device, Tagged } from "@jamesd/protocol";
import { useSignal } from "@preact/signals";
import { impactText, typedTags } from "../../../logic/device-actions.ts";
import { tell } from "../../api.ts";
import { confirm } from "../confirm.tsx";
import type { Act } from "./actions.tsx";

interface TagFormProps {
  readonly device: Device;
  readonly path: string;
  readonly act: Act;
}

/** Gives a device tags, or takes given ones away; what that means is said before. */
export function TagForm({ device: { id, givenTags = [] }, path, act }: TagFormProps) {
  const typed = useSignal("");
  const change = async (add: readonly string[], remove: readonly string[]) => {
    const { impact } = await tell<Tagged>("POST", path, { add, remove, dryRun: true });
    const title = add.length > 0 ? `Give ${id} ${add.join(", ")}?` : `Take ${remove.join(", ")} from ${id}?`;
    const action = add.length > 0 ? "Give" : "Take away";
    if (!(await confirm({ title, text: impactText(impact), action }))) return undefined;
    const { tags } = await tell<Tagged>("POST", path, { add, remove });
    typed.value = "";
    return `Its given tags are: ${tags.join(", ") || "none"}.`;
  };
  const give = (event: Event) => {
    event.preventDefault();
    const tags = typedTags(typed.value);
    if (tags.length > 0) void act(() => change(tags, []));
  };
  return (
    <form class="tag-form" onSubmit={give}>
      <input
        aria-label="Tags to give"
        placeholder="tags to give"
        autocomplete="off"
        value={typed.value}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value;
        }}
      />
      <button type="submit" disabled={typedTags(typed.value).length === 0}>
        Give tags
      </button>
      {givenTags.map((tag) => (
        <button key={tag} type="button" onClick={() => act(() => change([], [tag]))}>
          Take away {tag}
        </button>
      ))}
    </form>
  );
}
