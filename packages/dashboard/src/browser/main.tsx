import "./style.css";
import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.tsx";
import { about, askWho } from "./asker.ts";
import { summary, trouble, watchFleet } from "./fleet.ts";
import { followKeys } from "./keys.ts";
import { showKeys } from "./parts/key-help.tsx";
import { followLinks } from "./place.ts";
import { enter } from "./session.ts";

const root = document.getElementById("dashboard");
if (root) {
  const refused = await enter();
  trouble.value = refused;
  followLinks();
  followKeys(showKeys);
  // Whenever there is news: it may not have been there before.
  effect(() => {
    if (summary.value && !about.peek()) void askWho();
  });
  render(<App />, root);
  watchFleet();
}
