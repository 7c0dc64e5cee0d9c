import { formatDuration } from "./duration.ts";
import type { Policy } from "./policy.ts";
import { type Window, type WindowPolicy, windowText } from "./window.ts";

/** A policy the way people write it; nothing for what it does not say. */
export function policyView({ confirm, unowned, owners, drift, removal, window }: Policy) {
  return {
    ...(confirm && { confirm: `connectivity=${formatDuration(confirm.connectivity * 1000)}` }),
    ...(unowned && { unowned }),
    ...(owners && { owners }),
    ...(drift && { drift }),
    ...(removal && { removal }),
    ...(window && { window: windowView(window) }),
  };
}

/** Several in a list, one alone. */
function windowView(window: WindowPolicy): WindowPolicy | Window {
  const [first, ...others] = window === "always" ? [] : window;
  return first && others.length === 0 ? first : window;
}

/** When a device may change, in words: of each list one window must be open. @param whose as of `windowText` */
export function windowsText(lists: readonly (readonly Window[])[], whose?: string): string {
  return lists.map((list) => list.map((one) => windowText(one, whose)).join(" or ")).join(", and ");
}

/** A policy in a cell. */
export function policyText(policy: Policy): string {
  const { window, ...rest } = policyView(policy);
  const windows =
    policy.window === "always" ? ["always"] : (policy.window ?? []).map((one) => windowText(one));
  const texts = [...Object.values(rest), ...(window ? [`window=${windows.join(" or ")}`] : [])];
  return texts.join(" ") || "-";
}
