import type { Assets } from "./asset.ts";
import { buildDashboard } from "./build.ts";

/** The dashboard. In a bundle it was made beforehand. */
export const ASSETS: Assets = (await buildDashboard()).assets;
