import { type Digest, JamesError } from "@jamesd/model";
import type { DeviceReads } from "../fleet/device-reads.ts";
import type { Holder } from "./identity.ts";

/** Whose packets and blobs a device may read. */
export type ReadableByDevices = "own" | "any";

/** Refuses what a device may not read, in the words for what is not there: who asks learns nothing of the difference. */
export class Reads {
  readonly #devices: Pick<DeviceReads, "packet" | "blob">;
  readonly #readable: ReadableByDevices;

  constructor(devices: Pick<DeviceReads, "packet" | "blob">, readable: ReadableByDevices) {
    this.#devices = devices;
    this.#readable = readable;
  }

  /** True when somebody may read a packet, if there is such a one. */
  async mayReadPacket(holder: Pick<Holder, "name" | "role">, packet: Digest): Promise<boolean> {
    return this.#isFree(holder) || (await this.#devices.packet(holder.name, packet));
  }

  /** @throws JamesError PACKET_UNKNOWN */
  async requirePacket(holder: Pick<Holder, "name" | "role">, packet: Digest): Promise<void> {
    if (!(await this.mayReadPacket(holder, packet))) throw notTheirs("PACKET_UNKNOWN", "packet", packet);
  }

  /** @throws JamesError BLOB_UNKNOWN */
  async requireBlob(holder: Pick<Holder, "name" | "role">, blob: Digest): Promise<void> {
    if (!this.#isFree(holder) && !(await this.#devices.blob(holder.name, blob)))
      throw notTheirs("BLOB_UNKNOWN", "blob", blob);
  }

  #isFree({ role }: Pick<Holder, "role">): boolean {
    return role !== "device" || this.#readable === "any";
  }
}

function notTheirs(code: "PACKET_UNKNOWN" | "BLOB_UNKNOWN", what: string, digest: Digest): JamesError {
  return new JamesError(code, `there is no ${what} ${digest} for this device`, {
    hint: "A device reads what it is to get, and what it has of that; jamesd-ctl describe shows both.",
  });
}
