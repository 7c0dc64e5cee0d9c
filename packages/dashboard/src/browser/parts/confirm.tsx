import "./dialog.css";
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";

/** What somebody is asked before something is changed. */
export interface Question {
  readonly title: string;
  readonly text: ComponentChildren;
  /** What the button says that does it. */
  readonly action: string;
  readonly isDanger?: boolean;
}

const asked = signal<(Question & { readonly answer: (isSure: boolean) => void }) | undefined>(undefined);

/** Asks whether it is to be done. @returns whether it is */
export function confirm(question: Question): Promise<boolean> {
  asked.value?.answer(false);
  return new Promise((resolve) => {
    asked.value = {
      ...question,
      answer: (isSure) => {
        asked.value = undefined;
        resolve(isSure);
      },
    };
  });
}

/** The question that is asked, if there is one. */
export function Confirm() {
  const question = asked.value;
  if (!question) return null;
  const { title, text, action, isDanger = false, answer } = question;
  return (
    <dialog
      aria-labelledby="question"
      ref={(dialog) => {
        if (dialog && !dialog.open) dialog.showModal();
      }}
      onCancel={(event) => {
        event.preventDefault();
        answer(false);
      }}
    >
      <h2 id="question">{title}</h2>
      <div class="text">{text}</div>
      <p class="buttons">
        <button type="button" autofocus onClick={() => answer(false)}>
          Cancel
        </button>
        <button type="button" class={isDanger ? "danger" : "main"} onClick={() => answer(true)}>
          {action}
        </button>
      </p>
    </dialog>
  );
}
