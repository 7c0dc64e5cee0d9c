import { counted, REINSTALL, RENEWAL } from "@jamesd/model";
import type { About, Device, Tagged } from "@jamesd/protocol";
import { pathOf } from "./places.ts";

/** What may be done with a device: what is asked before, and what is sent. */
export interface DeviceAction {
  readonly name: string;
  /** What it means. */
  readonly text: string;
  readonly path: string;
  readonly body: unknown;
}

type Known = Pick<Device, "id" | "sync" | "waiting" | "features">;

/** What can be done now. @param server what it says of itself; undefined: nothing yet */
export function actionsOf(
  { id, sync, waiting, features }: Known,
  server: Pick<About, "renews"> | undefined,
): readonly DeviceAction[] {
  const own = (name: string, text: string, verb: string, body?: unknown): DeviceAction => ({
    ...{ name, text, body },
    path: verbPath(id, verb),
  });
  const adopt = (name: string, text: string, keep: "server" | "device"): DeviceAction => ({
    ...{ name, text, path: "/v1/adoptions" },
    body: { keep, ids: [id] },
  });
  const breakLock = waiting?.why.includes("update lock") ?? false;
  const isHalted = sync === "halted";
  return [
    sync === "failed" && own("Retry", "It tries at once again what failed.", "retry"),
    sync === "pending" &&
      waiting &&
      own(
        breakLock ? "Go despite the lock" : "Go now",
        `It begins whatever its maintenance windows${breakLock ? " and applications" : ""} say.`,
        "go",
        { breakLock },
      ),
    isHalted &&
      adopt("The server is right", "It gets what is wanted for it; what else it has goes.", "server"),
    isHalted && adopt("The device is right", "What it has becomes its desired state.", "device"),
    own("Verify", "It compares its files with its packets.", "verify"),
    features.includes(RENEWAL) &&
      server?.renews && {
        name: "Renew certificate",
        text: "It gets a new certificate and key.",
        path: "/v1/renewal-wishes",
        body: { ids: [id] },
      },
  ].filter((one) => typeof one === "object");
}

/** Has an app installed again; undefined where that cannot be asked for. */
export function reinstallOf({ id, features }: Known, app: string): DeviceAction | undefined {
  if (!features.includes(REINSTALL)) return undefined;
  const text = "Its files go and come again, with its scripts.";
  return { name: `Reinstall ${app}`, text, path: verbPath(id, "reinstall"), body: { app } };
}

function verbPath(id: string, verb: string): string {
  return `/v1${pathOf("devices", id)}/${verb}`;
}

/** Why what was answered is a refusal all the same, of one device among those that were named; undefined: it is none. */
export function refusedIn(answer: unknown): string | undefined {
  const { refused, cannot } = (answer ?? {}) as {
    readonly refused?: readonly { readonly problem: { readonly message: string } }[];
    readonly cannot?: readonly string[];
  };
  return refused?.[0]?.problem.message ?? (cannot?.length ? "Its agent cannot." : undefined);
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
