/** What the name of a metric stands for, as Prometheus has it: how it grows, what it is, and by what its values are told apart. */
export interface Family {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** Names of labels, each of which has few values. */
  readonly labels: readonly string[];
}

/** Several families, by name. */
export type Families = Readonly<Record<string, Family>>;

/** One value of a family, with a value of each of its labels. */
export interface Sample<L extends string = string> {
  readonly labels: Readonly<Record<L, string>>;
  readonly value: number;
  /** What follows the name of the family: of histograms alone. */
  readonly suffix?: "_bucket" | "_sum" | "_count";
}

/** Reads the values of a family as they are now. */
export type Reading<F extends Family> = () => ReadingOf<F> | Promise<ReadingOf<F>>;
type ReadingOf<F extends Family> = number | readonly Sample<F["labels"][number]>[];

/** One reading for every family: one without does not compile. */
export type Readings<F extends Families> = { readonly [N in keyof F]: Reading<F[N]> };
