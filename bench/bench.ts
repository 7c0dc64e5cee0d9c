/** What a bench found, ready to be printed and kept in RESULTS.md. */
export interface Finding {
  /** One line: what was measured, how often, how. */
  readonly summary: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** So many of the first cells say what a row is of: `--save` puts it in the place of the one that was of the same, and leaves the others. Undefined: all rows are of one go. */
  readonly named?: number;
  /** Lines below the table. */
  readonly notes: readonly string[];
}

/** What the command line wishes; undefined: as is usual for a bench. */
export interface Wishes {
  readonly devices?: number;
}

/** One bench, chosen by its name on the command line. */
export interface Bench {
  readonly name: string;
  readonly run: (wishes: Wishes) => Promise<Finding>;
}

/** What is said of peers and tools that this machine has not. */
export function notMeasured(missing: readonly string[]): readonly string[] {
  return missing.map((tool) => `${tool} was not measured: it is not here.`);
}
