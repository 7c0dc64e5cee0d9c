import { signal } from "@preact/signals";
import { type Place, placeOf } from "../logic/places.ts";

/** Where one is, and what the address says besides. */
export const here = signal<{ readonly place: Place; readonly query: URLSearchParams }>(read());

function read(): { readonly place: Place; readonly query: URLSearchParams } {
  return { place: placeOf(location.pathname), query: new URLSearchParams(location.search) };
}

/** Goes to an address of the dashboard. */
export function go(address: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(undefined, "", address);
  else history.replaceState(undefined, "", address);
  here.value = read();
}

/** Has links within the dashboard lead on without the page being loaded anew. */
export function followLinks(): void {
  addEventListener("popstate", () => {
    here.value = read();
  });
  addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const isPlain =
      event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain || link.target !== "" || link.download !== "" || link.origin !== location.origin)
      return;
    event.preventDefault();
    go(link.pathname + link.search);
    scrollTo(0, 0);
  });
}
