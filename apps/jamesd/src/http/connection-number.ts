import type { Socket } from "node:net";

const numbers = new WeakMap<Socket, number>();
let last = 0;

/** A number by which a connection is known in this process, without anybody holding it: no other one has it, before or after. */
export function connectionNumber(socket: Socket): number {
  const known = numbers.get(socket);
  if (known !== undefined) return known;
  last += 1;
  numbers.set(socket, last);
  return last;
}
