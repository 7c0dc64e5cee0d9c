/** So much of one device the event log keeps: the newest events, at most so many of so many bytes together. */
export interface DeviceShare {
  readonly events: number;
  readonly bytes: number;
}

/** What the log of a server keeps of each device, so that none of them fills the disk. */
export const DEVICE_SHARE: DeviceShare = { events: 10_000, bytes: 16 * 1024 * 1024 };

/** A device may have this part of its share more, so that the log is not looked through at each event. */
const SLACK = 1 / 16;

/** Notices when the log has more of a device than its share; an adapter of the repository tells it what it writes. */
export class DeviceBound {
  readonly share: DeviceShare;
  /** What the log has of each device that was looked at since the start; more at most, when old events went. */
  readonly #used = new Map<string, DeviceShare>();

  constructor(share: DeviceShare) {
    this.share = share;
  }

  /** Notes an event of a device that was written. @returns true when what the device has in the log is to be cut to its share */
  isOver(device: string, bytes: number): boolean {
    const known = this.#used.get(device);
    // Each new start would forget what came before it.
    if (!known) return true;
    const used = { events: known.events + 1, bytes: known.bytes + bytes };
    this.#used.set(device, used);
    const most = 1 + SLACK;
    return used.events > this.share.events * most || used.bytes > this.share.bytes * most;
  }

  /** Notes what a device has in the log after it was cut. */
  cut(device: string, used: DeviceShare): void {
    this.#used.set(device, used);
  }

  /** How many of a device's events are within its share; always the newest. `sizes` are their bytes, the newest first. */
  within(sizes: Iterable<number>): DeviceShare {
    let [events, bytes] = [0, 0];
    for (const size of sizes) {
      if (events > 0 && (events === this.share.events || bytes + size > this.share.bytes)) break;
      events += 1;
      bytes += size;
    }
    return { events, bytes };
  }
}
