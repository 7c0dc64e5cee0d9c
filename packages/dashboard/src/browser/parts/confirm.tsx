import { signal } from "@preact/signals";
import { Dialog } from "./dialog.tsx";

/** What somebody is asked before something is changed. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** What the button says that does it. */
  readonly action: string;
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
  const { title, text, action, answer } = question;
  return (
    <Dialog id="question" title={title} onClose={(chosen) => answer(chosen === "yes")}>
      <div class="text">{text}</div>
      <form method="dialog" class="buttons">
        <button type="submit" autofocus>
          Cancel
        </button>
        <button type="submit" class="main" value="yes">
          {action}
        </button>
      </form>
    </Dialog>
  );
}
