import { personalFiles } from "@jamesd/config";
import { commonFlags, type ProgramText } from "@jamesd/config/shell";
import manifest from "../package.json" with { type: "json" };
import { ENV_PREFIX, ORDERS, SETTINGS } from "./config.ts";

/** What pkitool is, in one line. */
export const SUMMARY = "Makes a certificate authority and the certificates of a jamesd fleet.";

/** pkitool as its completion and its manual page tell of it. */
export const PROGRAM: ProgramText = {
  ...{ name: "pkitool", version: manifest.version, summary: SUMMARY, section: 1, commands: [] },
  ...{ settings: SETTINGS, envPrefix: ENV_PREFIX, files: personalFiles("pkitool", { HOME: "~" }) },
  flags: { ...ORDERS, ...commonFlags(ENV_PREFIX) },
};
