import assert from "node:assert/strict";
import axe from "axe-core";
import type { Page } from "playwright-core";

/** Presses Tab until something is reached, so that it is seen that it can be. */
export async function tabTo(page: Page, name: string): Promise<void> {
  const isThere = () => page.evaluate<string>("document.activeElement.textContent");
  for (let tries = 0; tries < 100; tries += 1) {
    await page.keyboard.press("Tab");
    if ((await isThere()) === name) return;
  }
  assert.fail(`${name} is not reached by Tab`);
}

/** Presses keys one right after the other, faster than anybody can: nothing comes between them but what a key does itself. */
export function pressAtOnce(page: Page, keys: readonly string[]): Promise<void> {
  return page.evaluate(`(async () => {
    for (const key of ${JSON.stringify(keys)}) {
      const { activeElement } = document;
      const isLeft = activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      if (isLeft && key.length === 1 && activeElement.matches("input")) document.execCommand("insertText", false, key);
      // As between two tasks, of which each ends with its microtasks.
      for (let turns = 0; turns < 99; turns += 1) await null;
    }
  })()`);
}

/** Has a page note each trouble that it shows. */
export const WATCH_TROUBLE = `(() => {
  window.troubles = [];
  const shown = document.querySelector(".trouble");
  const options = { childList: true, characterData: true, subtree: true };
  new MutationObserver(() => troubles.push(shown.textContent)).observe(shown, options);
})()`;

/** By which rules a page is looked at: everything, and in the dark what has to do with colours, for nothing else differs. */
const RULES = {
  light: "",
  dark: '{ runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] } }',
} as const;

/** What is wrong with a page for who cannot see it or tell colours apart: rules, each with where. */
export async function faultsOf(page: Page, colorScheme: keyof typeof RULES): Promise<readonly string[][]> {
  const found = await page.evaluate(`(() => { ${axe.source}; return axe.run(${RULES[colorScheme]}) })()`);
  const { violations } = found as { violations: { id: string; nodes: { html: string }[] }[] };
  return violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
}
