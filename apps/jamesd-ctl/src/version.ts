import manifest from "../package.json" with { type: "json" };

/** The version of this jamesd-ctl. */
export const VERSION: string = manifest.version;
