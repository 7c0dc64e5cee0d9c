import type { Device } from "@jamesd/protocol";
import { useSignal } from "@preact/signals";
import { actionsOf, type DeviceAction } from "../../../logic/device-actions.ts";
import { Refusal, tell } from "../../api.ts";
import { mayWrite } from "../../asker.ts";
import { confirm } from "../confirm.tsx";
import { TagForm } from "./tag-form.tsx";

/** Does something, and has said what became of it. @param does gives that; undefined: nothing was done */
export type Act = (does: () => Promise<string | undefined>) => Promise<void>;

/** What may be done with a device, for who may. */
export function DeviceActions({ device, again }: { readonly device: Device; readonly again: () => void }) {
  const said = useSignal<{ readonly text: string; readonly isBad: boolean } | undefined>(undefined);
  if (!mayWrite.value) return null;
  const path = `/v1/devices/${encodeURIComponent(device.id)}`;
  const act: Act = async (does) => {
    try {
      const text = await does();
      if (text === undefined) return;
      said.value = { text, isBad: false };
    } catch (thrown) {
      said.value = { text: refusalText(thrown), isBad: true };
    }
    again();
  };
  const carryOut = async ({ title, text, name, path: below, body, done }: DeviceAction) => {
    if (!(await confirm({ title, text, action: name }))) return undefined;
    await tell("POST", path + below, body);
    return done;
  };
  return (
    <section aria-label="Actions">
      <p class="buttons">
        {actionsOf(device).map((action) => (
          <button key={action.name} type="button" onClick={() => act(() => carryOut(action))}>
            {action.name}
          </button>
        ))}
      </p>
      <TagForm device={device} path={`${path}/tags`} act={act} />
      <p role="status" class={said.value?.isBad ? "bad said" : "good said"}>
        {said.value?.text}
      </p>
    </section>
  );
}

function refusalText(thrown: unknown): string {
  if (thrown instanceof Refusal) return [thrown.message, thrown.hint].filter(Boolean).join(" — ");
  return String(thrown);
}
