import type { Device } from "@jamesd/protocol";
import { type Signal, useSignal } from "@preact/signals";
import { actionsOf, type DeviceAction, refusedIn } from "../../../logic/device-actions.ts";
import { tell } from "../../api.ts";
import { wordsOf } from "../../asked.ts";
import { about, mayWrite } from "../../asker.ts";
import { confirm } from "../confirm.tsx";

/** Does something, and has said what became of it. @param does gives that; undefined: nothing was done */
export type Act = (does: () => Promise<string | undefined>) => Promise<void>;

/** What is done with a device, and what became of it. */
export interface Acting {
  readonly act: Act;
  readonly said: Signal<{ readonly text: string; readonly isBad: boolean } | undefined>;
}

/** @param again asks anew for what is shown */
export function useActing(again: () => void): Acting {
  const said: Acting["said"] = useSignal(undefined);
  const act: Act = async (does) => {
    try {
      const text = await does();
      if (text === undefined) return;
      said.value = { text, isBad: false };
    } catch (thrown) {
      said.value = { text: wordsOf(thrown), isBad: true };
    }
    again();
  };
  return { act, said };
}

/** What may be done with a device, for who may. */
export function DeviceActions({ device, acting }: { readonly device: Device; readonly acting: Acting }) {
  if (!mayWrite.value) return null;
  const said = acting.said.value;
  return (
    <section aria-label="Actions">
      <p class="buttons">
        {actionsOf(device, about.value).map((action) => (
          <ActionButton key={action.name} action={action} act={acting.act} />
        ))}
      </p>
      <p role="status" class={said?.isBad ? "bad said" : "good said"}>
        {said?.text}
      </p>
    </section>
  );
}

/** Does something after it was asked; for who may. */
export function ActionButton({
  action,
  act,
}: {
  readonly action: DeviceAction | undefined;
  readonly act: Act;
}) {
  if (!action || !mayWrite.value) return null;
  return (
    <button type="button" onClick={() => act(() => carryOut(action))}>
      {action.name}
    </button>
  );
}

/** @throws Refusal, Error of one that the answer tells */
async function carryOut({ name, text, path, body }: DeviceAction): Promise<string | undefined> {
  const question = { title: `${name}?`, text: `${text} This concerns 1 device.`, action: name };
  if (!(await confirm(question))) return undefined;
  const refused = refusedIn(await tell("POST", path, body));
  if (refused !== undefined) throw new Error(refused);
  return `${name}: it is told to.`;
}
