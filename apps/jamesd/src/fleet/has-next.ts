import type { InstalledApp } from "@jamesd/model";
import type { Beside } from "./views.ts";

/** True when of these apps each in which a rollout makes a difference is as it wants it. */
export function hasNext(apps: readonly InstalledApp[], { without, next }: Beside): boolean {
  const has = byName(apps);
  const [were, wanted] = [byName(without?.apps), byName(next?.apps)];
  for (const name of new Set([...were.keys(), ...wanted.keys()]))
    if (were.get(name) !== wanted.get(name) && has.get(name) !== wanted.get(name)) return false;
  return true;
}

/** What there is of each app, by its name. */
function byName(apps: readonly InstalledApp[] = []): ReadonlyMap<string, string> {
  return new Map(apps.map(({ name, tags, digest }) => [name, `${digest} ${tags}`]));
}
