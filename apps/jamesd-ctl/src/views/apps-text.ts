import type { App } from "@jamesd/model";

/** Apps in a cell, such as `vpn(v1,arm) web`. */
export function appsText(apps: readonly App[]): string {
  const texts = apps.map(({ name, tags }) => (tags.length === 0 ? name : `${name}(${tags.join(",")})`));
  return texts.join(" ") || "-";
}
