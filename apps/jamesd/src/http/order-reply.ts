import type * as wire from "@jamesd/protocol";
import type { Order } from "../device/order.ts";
import { Reply, UNCACHED } from "./reply.ts";
import type { Answer } from "./v1/answer.ts";
import { wireOrder } from "./v1/check-in.ts";

/**
 * How a device is told what to do. That it is to ask again later, since it is not held, stands in the head of an answer
 * that says that there is nothing to do; it keeps no connection until then, which would cost as much as to hold it.
 */
export function orderReply(order: Order | undefined): Answer<wire.CheckinReply> | Reply | undefined {
  if (!order || !("askAgainMs" in order)) return wireOrder(order);
  const seconds = String(Math.ceil(order.askAgainMs / 1000));
  return new Reply(204, { ...UNCACHED, "retry-after": seconds, connection: "close" });
}
