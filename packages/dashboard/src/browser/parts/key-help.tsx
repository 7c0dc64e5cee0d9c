import { signal } from "@preact/signals";
import { KEY_HELP } from "../../logic/keys.ts";
import { Dialog } from "./dialog.tsx";

const isShown = signal(false);

/** Shows what keys do. */
export function showKeys(): void {
  isShown.value = true;
}

/** What keys do, when somebody wants to know. */
export function KeyHelp() {
  if (!isShown.value) return null;
  const close = () => {
    isShown.value = false;
  };
  return (
    <Dialog id="keys" title="Keys" onClose={close}>
      <dl>
        {KEY_HELP.map(([keys, what]) => [
          <dt key={keys}>
            <kbd>{keys}</kbd>
          </dt>,
          <dd key={what}>{what}</dd>,
        ])}
      </dl>
      <form method="dialog" class="buttons">
        <button type="submit" autofocus>
          Close
        </button>
      </form>
    </Dialog>
  );
}
