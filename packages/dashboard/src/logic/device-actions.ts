import { counted } from "@jamesd/model";
import type { Device, Tagged } from "@jamesd/protocol";

/** What may be done with a device: what is asked before, what is sent, and what is said afterwards. */
export interface DeviceAction {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  /** Below the path of the device. */
  readonly path: string;
  readonly body: unknown;
  readonly done: string;
}

/** What can be done now. */
export function actionsOf({
  id,
  sync,
  waiting,
}: Pick<Device, "id" | "sync" | "waiting">): readonly DeviceAction[] {
  const retry: DeviceAction = {
    name: "Retry",
    title: `Retry ${id}?`,
    text: "It tries at once again what failed. This concerns 1 device.",
    path: "/retry",
    body: undefined,
    done: "It is to try again.",
  };
  const go: DeviceAction = {
    name: "Go now",
    title: `Have ${id} go now?`,
    text: "It begins whatever its maintenance windows say. This concerns 1 device.",
    path: "/go",
    body: {},
    done: "It is to begin now.",
  };
  const verify: DeviceAction = {
    name: "Verify",
    title: `Verify ${id}?`,
    text: "It compares the contents of all files with its packets; nothing is changed. This concerns 1 device.",
    path: "/verify",
    body: undefined,
    done: "It is to compare all contents.",
  };
  return [...(sync === "failed" ? [retry] : []), ...(sync === "pending" && waiting ? [go] : []), verify];
}

/** Tags as somebody types them. */
export function typedTags(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,]+/).filter(Boolean))];
}

/** What other tags would mean, for who is asked. */
export function impactText({ devices, unsatisfiable, warnings }: Tagged["impact"]): string {
  const what =
    devices === 0
      ? "Nothing else changes for any device."
      : `What ${counted(devices, "device")} should have changes.`;
  const cannot = unsatisfiable === 0 ? [] : [`${unsatisfiable} cannot have it.`];
  return [what, ...cannot, ...warnings].join(" ");
}
