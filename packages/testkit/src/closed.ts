/** A connection, or another stream. */
interface Closing {
  readonly closed: boolean;
  once(event: "close", listener: () => void): unknown;
}

/**
 * Resolves when a stream is closed, however that came. `once` of node:events is not enough: it waits for ever for one that is
 * closed already, and rejects for a connection that was reset, which depends on what had been read of it by then.
 */
export function closed(stream: Closing): Promise<void> {
  return new Promise((resolve) => {
    stream.once("close", resolve);
    // A connection says so before all have heard of it, who do by the end of a turn of the event loop.
    if (stream.closed) setImmediate(() => setImmediate(resolve));
  });
}
