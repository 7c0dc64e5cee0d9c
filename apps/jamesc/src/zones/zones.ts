import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { offsetOf } from "@jamesd/model";
import { readStart } from "../facts/read.ts";
import { parseZoneFile } from "./zone-file.ts";
import type { OffsetAt } from "./zone-rule.ts";

/** Where a system has its time zones, and says which is its own. */
export interface ZonePlaces {
  /** The IANA time zone database, a file a zone. */
  readonly folder: string;
  /** A link into that. */
  readonly link: string;
  /** What counts before the link: the variable TZ. */
  readonly name: string | undefined;
  /** The version of Node's own database, such as `2026c`. */
  readonly nodes: string | undefined;
}

const USUAL = { folder: "/usr/share/zoneinfo", link: "/etc/localtime", nodes: process.versions.tz };
/** A name, and no way out of the folder, nor to what it has beside zones. */
const NAME = /^(?!posix|right)[A-Za-z][\w+-]*(?:\/[A-Za-z][\w+-]*)*$/;
const VERSION = /^# version (\d{4}[a-z]+)\n/;
const MOST_VERSION = 32;

/**
 * What clocks show: by the system's files of time zones, or by Node's own, whichever are of a later day. Node's take 8 MB of
 * memory as soon as they are asked for one. Each file is read once.
 */
export class Zones {
  readonly #places: ZonePlaces;
  readonly #known = new Map<string, OffsetAt | undefined>();
  readonly #isLater: boolean;

  constructor(places: Partial<ZonePlaces>) {
    this.#places = { name: undefined, ...USUAL, ...places };
    const { folder, nodes = "" } = this.#places;
    this.#isLater = versionOf(folder) >= nodes;
  }

  /** By how many milliseconds the clocks of a zone are ahead of UTC at a time; undefined: there is no such zone. */
  readonly offsetOf = (zone: string, time: number): number | undefined => {
    const clocks = this.#clocks(zone);
    return clocks ? clocks(Math.floor(time / 1000)) * 1000 : offsetOf(zone, time);
  };

  /** The zone of this device. */
  get local(): string {
    const name = this.#places.name || linkedName(this.#places.link);
    return name !== undefined && this.#clocks(name) ? name : Intl.DateTimeFormat().resolvedOptions().timeZone;
  }

  #clocks(zone: string): OffsetAt | undefined {
    if (this.#known.has(zone)) return this.#known.get(zone);
    const isFile = this.#isLater && NAME.test(zone);
    const clocks = isFile
      ? read(() => parseZoneFile(readFileSync(join(this.#places.folder, zone))))
      : undefined;
    this.#known.set(zone, clocks);
    return clocks;
  }
}

/** Of which day files of time zones are; as if of none when they do not say. */
function versionOf(folder: string): string {
  return VERSION.exec(readStart(folder, "tzdata.zi", MOST_VERSION) ?? "")?.[1] ?? "";
}

/** What the link names below the files of zones. */
function linkedName(link: string): string | undefined {
  return read(() => readlinkSync(link).split("/zoneinfo/")[1]);
}

/** Undefined for what cannot be read. */
function read<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
