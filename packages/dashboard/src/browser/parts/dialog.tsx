import "./dialog.css";
import type { ComponentChildren } from "preact";

/** What lies over the page until it is closed. */
export function Dialog({
  id,
  title,
  onClose,
  children,
}: {
  readonly id: string;
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  return (
    <dialog
      aria-labelledby={id}
      ref={(dialog) => {
        if (dialog && !dialog.open) dialog.showModal();
      }}
      onClose={onClose}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
