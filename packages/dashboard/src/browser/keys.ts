import { useLayoutEffect } from "preact/hooks";
import { type Action, pressed } from "../logic/keys.ts";
import { go } from "./place.ts";

/** What a page does by itself when a key is pressed. */
export type PageKeys = Partial<Record<Exclude<Action["does"], "go">, () => void>>;

const pages: PageKeys[] = [];

/** Has keys do something as long as what calls it is shown. From then on, and not only when it is painted: keys may be fast. */
export function useKeys(keys: PageKeys): void {
  useLayoutEffect(() => {
    pages.push(keys);
    return () => {
      pages.splice(pages.indexOf(keys), 1);
    };
  });
}

/** Begins to listen for keys. @param help shows what they do */
export function followKeys(help: () => void): void {
  let afterPrefix = false;
  addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === "Shift") return;
    if (target instanceof Element && isTyping(target)) {
      if (key === "Escape" && target instanceof HTMLElement && !target.closest("dialog")) target.blur();
      return;
    }
    const { action, isPrefix } = pressed(key, afterPrefix);
    afterPrefix = isPrefix;
    if (action && act(action, help, target)) event.preventDefault();
  });
}

/** Whether what is typed goes somewhere. */
function isTyping(target: Element): boolean {
  return target.closest("input, textarea, select, dialog") !== null;
}

/** @returns whether something was done */
function act(action: Action, help: () => void, target: EventTarget | null): boolean {
  if (action.does === "go") {
    go(action.to);
    return true;
  }
  // Enter on a link or button is its own.
  if (action.does === "open" && target instanceof Element && target.closest("a, button, summary"))
    return false;
  const own = pages.findLast((keys) => keys[action.does] !== undefined)?.[action.does];
  if (own) own();
  else if (action.does === "help") help();
  else if (action.does === "search") search();
  else if (action.does === "next") moveFocus(1);
  else if (action.does === "previous") moveFocus(-1);
  else return false;
  return true;
}

/** Goes to the field in which devices are searched, before another key can be pressed: what is typed at once is not lost. */
function search(): void {
  const field = () => document.querySelector<HTMLInputElement>("input[type=search]");
  if (!field()) go("/devices");
  // A page is drawn in a microtask, which came before this one.
  queueMicrotask(() => {
    // Not every browser goes to a field whose text it selects.
    field()?.focus();
    field()?.select();
  });
}

/** Goes to the next or previous of the links that stand for rows. */
function moveFocus(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  rows[Math.max(0, Math.min(rows.length - 1, at + by))]?.focus();
}
