import { type Assets, buildDashboard } from "./build.ts";

export type { Assets };

/** The dashboard. In a bundle it was made beforehand. */
export const ASSETS: Assets = await buildDashboard();
