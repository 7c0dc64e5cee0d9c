import "./dialog.css";
import type { ComponentChildren } from "preact";

/** What lies over the page until it is closed; then keys are for what they were for before. */
export function Dialog({
  id,
  title,
  onClose,
  children,
}: {
  readonly id: string;
  readonly title: string;
  /** @param chosen the value of the button that closed it: such a button is in a form of the method "dialog" */
  readonly onClose: (chosen: string) => void;
  readonly children: ComponentChildren;
}) {
  return (
    <dialog
      aria-labelledby={id}
      ref={(dialog) => {
        if (dialog && !dialog.open) dialog.showModal();
      }}
      onClose={({ currentTarget }) => onClose(currentTarget.returnValue)}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
