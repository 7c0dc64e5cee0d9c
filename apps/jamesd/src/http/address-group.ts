/**
 * What counts as one place on the network: an IPv4 address, or the 64 bits of an IPv6 address that a site is given as a
 * whole (RFC 4291, section 2.5.4).
 */
export function addressGroup(address: string): string {
  if (!address.includes(":")) return address;
  const plain = plainAddress(address);
  if (!plain.includes(":")) return plain;
  const [left = "", right] = plain.replace(/%.*$/, "").split("::");
  const head = left === "" ? [] : left.split(":");
  const tail = right === undefined || right === "" ? [] : right.split(":");
  const zeros = right === undefined ? 0 : 8 - head.length - tail.length;
  const words = [...head, ...Array.from({ length: zeros }, () => "0"), ...tail];
  return `${words.slice(0, 4).join(":")}::/64`;
}

/** IPv4 through a socket that is open for IPv6 as well, as people write it (RFC 4291, section 2.5.5.2). */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=[\d.]+$)/, "");
}
