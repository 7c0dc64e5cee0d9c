import type { Bench } from "../bench.ts";
import { DRIFT } from "./drift.ts";
import { GIGABYTE } from "./gigabyte.ts";
import { IDLE } from "./idle.ts";
import { START } from "./start.ts";

/** What an agent costs the device that it is on. */
export const AGENT: readonly Bench[] = [IDLE, START, GIGABYTE, DRIFT];
