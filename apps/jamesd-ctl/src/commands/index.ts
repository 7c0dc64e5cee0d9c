import type { Command } from "../command.ts";
import { addPacket } from "./add-packet.ts";
import { exportPackets } from "./export.ts";
import { getDesiredState } from "./get-desired-state.ts";
import { getDevice } from "./get-device.ts";
import { getPacket } from "./get-packet.ts";
import { getState } from "./get-state.ts";
import { importPackets } from "./import.ts";
import { listPackets } from "./list-packets.ts";
import { listSystems } from "./list-systems.ts";
import { removePacket } from "./remove-packet.ts";
import { retry } from "./retry.ts";
import { setDesiredState } from "./set-desired-state.ts";

/** Every command, in the order of the help text. */
export const COMMANDS: readonly Command[] = [
  addPacket,
  getPacket,
  listPackets,
  removePacket,
  exportPackets,
  importPackets,
  listSystems,
  getState,
  getDevice,
  getDesiredState,
  setDesiredState,
  retry,
];
