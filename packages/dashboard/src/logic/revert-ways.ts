import type { BodyOf } from "@jamesd/protocol";

/** How what is taken back gets to devices. */
interface Way {
  readonly name: string;
  /** What the command line has for it. */
  readonly flag: string;
  readonly rollout?: BodyOf<"revert">["rollout"];
}

const USUAL = ["1", "10%", "100%"];

/** The ways that there are; those that make an end of a live rollout say so. */
export const WAYS: readonly Way[] = [
  { name: "to all at once", flag: "" },
  {
    name: `in waves: ${USUAL.join(", ")}`,
    flag: ` --waves ${USUAL.join(",")}`,
    rollout: { plan: { waves: USUAL } },
  },
  {
    name: "in the place of a live rollout, from its first wave on",
    flag: " --supersede",
    rollout: { supersede: true },
  },
  {
    name: "to all at once, and a live rollout ends: all get what else it spread",
    flag: " --now",
    rollout: { now: true },
  },
];
