import type { Bench } from "../bench.ts";
import { BESIDE } from "./beside.ts";
import { FILES } from "./files.ts";
import { INGEST } from "./ingest.ts";
import { LARGE } from "./large.ts";
import { PAIRS } from "./pairs.ts";
import { STORE } from "./store.ts";

/** What updates cost on the wire, on the device and on the server: `transfer` runs all of them. */
export const TRANSFER: readonly Bench[] = [PAIRS, INGEST, BESIDE, LARGE, FILES, STORE];
