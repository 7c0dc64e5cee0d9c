/** A place in the dashboard, as its address says. */
export type Place =
  | { readonly page: "overview" | "devices" | "rollouts" | "history" | "specs" | "packets" }
  | { readonly page: "device" | "rollout" | "spec" | "packet"; readonly id: string }
  | { readonly page: "nowhere" };

const LISTS = ["devices", "rollouts", "history", "specs", "packets"] as const;
const ONES = { devices: "device", rollouts: "rollout", specs: "spec", packets: "packet" } as const;

/** The place of a path. */
export function placeOf(path: string): Place {
  const [first = "", second, ...more] = path.split("/").slice(1);
  if (more.length > 0) return { page: "nowhere" };
  if (second === undefined || second === "") {
    if (first === "") return { page: "overview" };
    const page = LISTS.find((one) => one === first);
    return { page: page ?? "nowhere" };
  }
  const page = Object.hasOwn(ONES, first) ? ONES[first as keyof typeof ONES] : undefined;
  const id = decoded(second);
  return page && id !== undefined ? { page, id } : { page: "nowhere" };
}

/** The path of one thing, whatever its id. */
export function pathOf(list: keyof typeof ONES, id: string): string {
  return `/${list}/${encodeURIComponent(id)}`;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Where the devices are listed that a filter lets through. */
export function devicesAt(filter: string): string {
  return filter === "" ? "/devices" : `/devices?q=${encodeURIComponent(filter)}`;
}
