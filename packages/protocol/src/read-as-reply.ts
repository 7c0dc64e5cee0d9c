import type { ReplyOf, RouteName } from "./route-types.ts";
import { Mismatch, readShape } from "./shape.ts";
import type { Wire } from "./wire.ts";

/** Reads what a route answers, wherever it came from; undefined when it is something else. */
export function readAsReply<R extends RouteName, N extends R>(
  wire: Wire<R>,
  name: N,
  value: unknown,
): ReplyOf<N> | undefined {
  const { reply } = wire.routes[name];
  if (reply === undefined || reply === "bytes") return undefined;
  const read = readShape(reply, value);
  return read instanceof Mismatch ? undefined : (read as ReplyOf<N>);
}
