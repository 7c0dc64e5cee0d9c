import "./status.css";
import { lookOf, type Shape, type StatusOf } from "../../logic/status.ts";

/** Outlines in a square of ten; those of `STROKED` are drawn, others are filled. */
const OUTLINES: Readonly<Record<Shape, string>> = {
  disc: "M5 1a4 4 0 1 0 0 8a4 4 0 1 0 0-8z",
  ring: "M5 1.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7z",
  half: "M5 1.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7zM5 1.5a3.5 3.5 0 0 1 0 7z",
  cross: "M1.5 1.5l7 7M8.5 1.5l-7 7",
  triangle: "M5 .8L9.6 9H.4z",
  diamond: "M5 .2L9.8 5L5 9.8L.2 5z",
  square: "M1 1h8v8H1z",
  twins: "M3.5 1.5a2 2 0 1 0 0 4a2 2 0 1 0 0-4zM6.5 4.5a2 2 0 1 0 0 4a2 2 0 1 0 0-4z",
  bars: "M1.5 1h2.5v8H1.5zM6 1h2.5v8H6z",
  back: "M8.5 8.5V6a2.5 2.5 0 0 0-2.5-2.5H2M4.5 1L2 3.5L4.5 6",
  dash: "M1 5h8",
};
const STROKED: ReadonlySet<Shape> = new Set(["ring", "cross", "back", "dash"]);

/** A form, for who reads the word beside it. */
function Mark({ of, word }: { readonly of: StatusOf; readonly word: string }) {
  const { shape, tone } = lookOf(of, word);
  const drawn = STROKED.has(shape) ? "drawn" : shape === "half" ? "half" : "filled";
  return (
    <svg class={`mark ${tone} ${drawn}`} viewBox="0 0 10 10" aria-hidden="true">
      <path d={OUTLINES[shape]} />
    </svg>
  );
}

/** A status: a form, a word and a colour. @param text in place of the word, such as `pending 15%` */
export function Status({
  of,
  word,
  text = word,
}: {
  readonly of: StatusOf;
  readonly word: string;
  readonly text?: string;
}) {
  return (
    <span class={`status ${lookOf(of, word).tone}`}>
      <Mark of={of} word={word} />
      {text}
    </span>
  );
}
