import { isSelectedById, isSelectedByTags, namesDevices, type Selector, type Tag } from "@jamesd/model";
import type { Touch } from "../repository/document-store.ts";

interface Choice {
  readonly selector: Selector;
  readonly revision: number;
}

/** The newest revision that changed a spec which chooses a device by its id as well, or did until then; 0: there never was one. */
export type NamedTouches = (id: string) => number;

/**
 * The newest revision that changed what devices should have, by the tags that a spec chose by, also when there is no such
 * spec any more. Never changed, only followed by others.
 */
export class Touched {
  readonly #choices: ReadonlyMap<string, Choice>;

  private constructor(choices: ReadonlyMap<string, Choice>) {
    this.#choices = choices;
  }

  static of(touches: Iterable<Touch>): Touched {
    return new Touched(new Map()).with(touches);
  }

  /** These after more of them. */
  with(touches: Iterable<Touch>): Touched {
    let choices: Map<string, Choice> | undefined;
    for (const touch of touches) {
      choices ??= new Map(this.#choices);
      choices.set(touch.selector.join(), newer(touch, choices.get(touch.selector.join())));
    }
    return choices ? new Touched(choices) : this;
  }

  /**
   * The newest revision that changed a spec which chooses these tags, or did until then, whatever the device; 0: there never
   * was one. Those that say something of ids as well are in `named`.
   */
  tags(tags: ReadonlySet<Tag>): number {
    let newest = 0;
    for (const { selector, revision } of this.#choices.values())
      if (revision > newest && !namesDevices(selector) && isSelectedByTags(selector, tags)) newest = revision;
    return newest;
  }

  /** Those of the specs that choose these tags, or did, which say something of ids. */
  named(tags: ReadonlySet<Tag>): NamedTouches {
    const choices = [...this.#choices.values()].filter(
      ({ selector }) => namesDevices(selector) && isSelectedByTags(selector, tags),
    );
    return (id) =>
      choices.reduce(
        (newest, { selector, revision }) =>
          revision > newest && isSelectedById(selector, id) ? revision : newest,
        0,
      );
  }
}

function newer(touch: Choice, known: Choice | undefined): Choice {
  return known && known.revision > touch.revision ? known : touch;
}
