import { JamesError } from "@jamesd/model";
import type { Origin } from "../repository/origin.ts";
import type { Rollout } from "../repository/rollout-store.ts";

/** Where it is wanted that who has more devices get what a rollout spreads, whatever its gates say, is another than who began it. */
export class FourEyes {
  readonly #areWanted: boolean;

  constructor(areWanted = false) {
    this.#areWanted = areWanted;
  }

  /** @param doing what is asked for, in a word @throws JamesError FOUR_EYES when who asks began it */
  require(
    { author }: Pick<Origin, "author">,
    rollout: Pick<Rollout, "author" | "revision">,
    doing: string,
  ): void {
    if (!this.#areWanted || author !== rollout.author) return;
    throw new JamesError(
      "FOUR_EYES",
      `${author} began rollout ${rollout.revision}, and cannot ${doing} as well`,
      {
        hint: "Another operator has to: jamesd runs with --four-eyes. revert-rollout ends it and goes back.",
      },
    );
  }
}
