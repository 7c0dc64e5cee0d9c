import type { ComponentChildren } from "preact";

/** A part of a page, with its name. */
export function Section({
  id,
  name,
  children,
}: {
  readonly id: string;
  readonly name: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{name}</h2>
      {children}
    </section>
  );
}

/** One of some words, to be chosen. @param words what is chosen, and what it is called where that is another word */
export function Choice({
  name,
  value,
  words,
  onChosen,
}: {
  readonly name: string;
  readonly value: string;
  readonly words: readonly (readonly [value: string, name?: string, isOff?: boolean])[];
  readonly onChosen: (value: string) => void;
}) {
  return (
    <label>
      {name}{" "}
      <select value={value} onChange={(event) => onChosen(event.currentTarget.value)}>
        {words.map(([one, text = one, isOff]) => (
          <option key={one} value={one} disabled={isOff === true}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
