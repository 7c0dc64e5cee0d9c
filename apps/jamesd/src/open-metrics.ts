import type { AddressInfo } from "node:net";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import type { Deadlines } from "./http/deadlines.ts";
import type { App } from "./http/empty-app.ts";
import type { MetricSources } from "./metrics/all-metrics.ts";
import type { Opened } from "./running/opened.ts";

/** What tells how the server is. */
export interface Metrics {
  readonly address: AddressInfo;
  /** Counts what is asked of a listener, which does not listen yet. */
  watch(app: App): void;
  /** The server is loaded and listens: tells all of it from now on, and, as soon as one begins to close it, that it is stopping. */
  loaded(sources: MetricSources, check: () => Promise<void>): void;
}

/**
 * Listens where the configuration says that it be told how the server is, from before anything is loaded until all else is
 * closed. @returns undefined: nowhere @throws JamesError USAGE, ADDRESS_IN_USE
 */
export async function openMetrics(
  { metricsAddr }: Config,
  { log, opened, deadlines }: { log: Logger; opened: Opened; deadlines: Deadlines },
): Promise<Metrics | undefined> {
  if (metricsAddr === undefined) return undefined;
  // What counts takes a library that nobody else needs.
  const [{ MetricsServer }, { addAllMetrics }, { REQUEST_FAMILIES, RequestTally }] = await Promise.all([
    import("./metrics/metrics-server.ts"),
    import("./metrics/all-metrics.ts"),
    import("./metrics/request-metrics.ts"),
  ]);
  const server = opened.add(new MetricsServer(log, deadlines.handshake));
  const address = await server.listen(metricsAddr);
  return {
    address,
    watch: (app) => server.scrape.add(REQUEST_FAMILIES, new RequestTally(app).readings()),
    loaded(sources, check) {
      addAllMetrics(server.scrape, sources);
      server.health.ready(check);
      opened.add({ close: () => server.health.stop() });
    },
  };
}
