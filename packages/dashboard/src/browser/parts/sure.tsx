import "./sure.css";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { wordsOf } from "../asked.ts";

/** Asks whether somebody is sure, and why, before something is changed. */
export function Sure({
  title,
  verb,
  isReady = true,
  onSure,
  onLeft,
  children,
}: {
  readonly title: string;
  /** What the button says. */
  readonly verb: string;
  /** Whether it is known what it means: before that it cannot be done, and why can be typed already. */
  readonly isReady?: boolean;
  /** Does it. @param message why, for the log */
  readonly onSure: (message: string) => Promise<void>;
  readonly onLeft: () => void;
  readonly children?: ComponentChildren;
}) {
  const [message, setMessage] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string>();
  const submit = (event: Event): void => {
    event.preventDefault();
    setBusy(true);
    onSure(message)
      .catch((thrown: unknown) => setRefused(wordsOf(thrown)))
      .finally(() => setBusy(false));
  };
  return (
    <form
      class="sure"
      aria-label={title}
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === "Escape") onLeft();
      }}
    >
      <p>
        <b>{title}</b>
      </p>
      {children}
      <label>
        why, for the log{" "}
        <input ref={focus} value={message} onInput={(event) => setMessage(event.currentTarget.value)} />
      </label>
      <p class="verbs">
        <button type="submit" disabled={isBusy || !isReady}>
          {verb}
        </button>
        <button type="button" onClick={onLeft}>
          Leave it
        </button>
      </p>
      {refused !== undefined && (
        <p class="bad" role="alert">
          {refused}
        </p>
      )}
    </form>
  );
}

/** As soon as it is there: what is typed at once is not lost. */
function focus(input: HTMLInputElement | null): void {
  input?.focus();
}
