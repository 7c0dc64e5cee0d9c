import { type Device, isKnown, type KnownDevice } from "./device.ts";
import type { Entered } from "./entered.ts";
import type { Resolving } from "./loaded-device.ts";
import type { Loader } from "./loader.ts";
import type { Member } from "./roster.ts";
import { Sketch } from "./sketch.ts";

/** What sketches are made with, and what is taken in their place. */
export interface SketchingParts {
  readonly entered: Pick<Entered, "get">;
  readonly loader: Pick<Loader, "load" | "own">;
  readonly resolving: Resolving;
}

/** Makes sketches of devices, where these are enough: of what is in memory all is known, and what is not settled is read. */
export class Sketching {
  readonly #parts: SketchingParts;

  constructor(parts: SketchingParts) {
    this.#parts = parts;
  }

  /** These, in the same order, but for those that are read and not there any more. */
  async of(members: readonly Member[]): Promise<readonly KnownDevice[]> {
    const { entered, loader, resolving } = this.#parts;
    const away = members.filter(({ id }) => !entered.get(id));
    const toRead = away.filter(isToRead);
    const owners = away.filter((one) => one.mayHaveOwn && !isToRead(one));
    const loaded = toRead.length === 0 ? undefined : await loader.load(idsOf(toRead));
    const own = owners.length === 0 ? undefined : await loader.own(idsOf(owners));
    return members
      .map(
        (one): Device =>
          entered.get(one.id) ?? loaded?.get(one.id) ?? new Sketch(one, own?.get(one.id), resolving),
      )
      .filter(isKnown);
  }
}

/** True of one whose record has to be read to say how it stands. */
function isToRead({ isUnsettled, isHalted }: Member): boolean {
  return isUnsettled || isHalted;
}

function idsOf(members: readonly Member[]): readonly string[] {
  return members.map(({ id }) => id);
}
