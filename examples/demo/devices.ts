import { machine } from "node:os";

/** A device of the demo: its id, what it says of itself, and the name of its architecture in the npm registry. */
export interface DemoDevice {
  readonly id: string;
  readonly tags: readonly string[];
  readonly arch: string;
}

/** Three devices of three architectures; two of them are only said to be. */
export const DEVICES: readonly DemoDevice[] = [
  { id: "device-1", tags: ["x86_64", "glibc-2.36", "systemd"], arch: "x64" },
  { id: "device-2", tags: ["aarch64", "glibc-2.31", "systemd"], arch: "arm64" },
  { id: "device-3", tags: ["armv7l", "musl-1.2", "openrc"], arch: "arm" },
];

/** The one that joins by a token, and those whose keys are made beforehand. */
export const JOINING = named("device-3");
export const PROVISIONED = DEVICES.filter((device) => device !== JOINING);

function named(id: string): DemoDevice {
  const device = DEVICES.find((one) => one.id === id);
  if (device) return device;
  throw new Error(`there is no ${id}`);
}

/** The device whose programs this machine can run. */
export const RUNNABLE = DEVICES.find(({ tags }) => tags.includes(machine()));
