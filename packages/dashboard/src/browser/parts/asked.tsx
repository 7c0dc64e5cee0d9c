import type { ComponentChildren } from "preact";
import type { Asked } from "../asked.ts";

/** What was asked for as soon as it is known, or why it is not. */
export function Shown<T>({
  of: { said, refused },
  children,
}: {
  readonly of: Asked<T>;
  readonly children: (said: T) => ComponentChildren;
}) {
  if (refused !== undefined) return <p class="bad">{refused}</p>;
  return said === undefined ? <p class="faint">…</p> : children(said);
}

/** What on the command line says the same as a part of a page. */
export function Same({ command }: { readonly command: string }) {
  return (
    <p class="same">
      <code>jamesd-ctl {command}</code>
    </p>
  );
}
