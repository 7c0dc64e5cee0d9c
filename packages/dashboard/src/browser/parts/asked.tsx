import type { ComponentChildren } from "preact";
import type { Asked } from "../asked.ts";

/** What was asked for as soon as it is known, and why it is not, or not any more. */
export function Shown<T>({
  of: { said, refused },
  children,
}: {
  readonly of: Asked<T>;
  readonly children: (said: T) => ComponentChildren;
}) {
  return (
    <>
      {refused !== undefined && <p class="bad">{refused}</p>}
      {said !== undefined ? children(said) : refused === undefined && <p class="faint">…</p>}
    </>
  );
}

/** What on the command line says the same as a part of a page. */
export function Same({ command }: { readonly command: string }) {
  return (
    <p class="same">
      <code>jamesd-ctl {command}</code>
    </p>
  );
}
