import { collectDefaultMetrics, type Metric, Registry } from "prom-client";
import type { Families, Family, Reading, Readings, Sample } from "./family.ts";

/** Of what Node tells of itself: each would be a list of all connections. */
const COSTLY = ["nodejs_active_resources", "nodejs_active_handles", "nodejs_active_requests"].flatMap(
  (name) => [name, `${name}_total`],
);

/** All metrics as text. What cannot be read is left out, and the rest told: it is looked at when something is wrong. */
export class Scrape {
  readonly #registry = new Registry();
  readonly #failed: (name: string, thrown: unknown) => void;
  #underWay: Promise<string> | undefined;

  /** @param failed told of a family that could not be read */
  constructor(failed: (name: string, thrown: unknown) => void) {
    this.#failed = failed;
    collectDefaultMetrics({ register: this.#registry });
    for (const name of COSTLY) this.#registry.removeSingleMetric(name);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Has these families told from now on. */
  add<F extends Families>(families: F, readings: Readings<F>): void {
    for (const [name, family] of Object.entries(families))
      this.#addOne(name, family, readings[name] as Reading<Family>);
  }

  /** Reads all; who asks meanwhile gets the same. */
  text(): Promise<string> {
    this.#underWay ??= this.#registry.metrics().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  #addOne(name: string, { type, help }: Family, reading: Reading<Family>): void {
    const read = async () => {
      const samples = await this.#read(name, reading);
      const values = samples.map(({ labels, value, suffix = "" }) => ({
        ...{ labels, value, metricName: `${name}${suffix}` },
      }));
      return { name, help, type, values, aggregator: "sum" };
    };
    // All that a registry asks of a metric; its own kinds want to be told of each change.
    this.#registry.registerMetric({ name, get: read } as unknown as Metric);
  }

  async #read(name: string, reading: Reading<Family>): Promise<readonly Sample[]> {
    try {
      const read = await reading();
      return typeof read === "number" ? [{ labels: {}, value: read }] : distinct(read);
    } catch (thrown) {
      this.#failed(name, thrown);
      return [];
    }
  }
}

/** One value of each set of labels, the smallest: Prometheus refuses all when one comes twice, such as two certificates with one name. */
function distinct(samples: readonly Sample[]): readonly Sample[] {
  const found = new Map<string, Sample>();
  for (const sample of samples) {
    const key = JSON.stringify([sample.suffix, sample.labels]);
    const other = found.get(key);
    if (!other || sample.value < other.value) found.set(key, sample);
  }
  return [...found.values()];
}
