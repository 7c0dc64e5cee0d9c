import { BlockList, isIP } from "node:net";
import type { Address } from "./address.ts";

const ENTRY = /^(?:\[([^\]]+)\]|([^:]*)|([^\]]*:[^\]]*:[^\]]*))(?::(\d{1,5}))?$/;

/** Whether a list as `no_proxy` has it names a server: see `named`. An IP address is only named as one, or by its network. */
export function isNamed({ host, port }: Address, list: string): boolean {
  const name = plain(host);
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      const [, bracketed, simple, ipv6, only] = ENTRY.exec(entry) ?? [];
      const named = bracketed ?? simple ?? ipv6;
      return named !== undefined && (only === undefined || Number(only) === port) && names(named, name);
    });
}

/** Whether a host is this machine itself. */
export function isLoopback(host: string): boolean {
  const name = plain(host || "localhost");
  if (isIP(name) === 0) return name === "localhost" || name.endsWith(".localhost");
  return inNetwork("127.0.0.0/8", name) || inNetwork("::1", name);
}

/** `*`, an address, a network such as `10.0.0.0/8`, or a name, with or without a dot before it: then also all below it. */
function names(entry: string, host: string): boolean {
  if (entry === "*") return true;
  if (isIP(host) !== 0) return inNetwork(entry, host);
  const name = plain(entry.replace(/^\*?\.+/, ""));
  return name !== "" && (host === name || host.endsWith(`.${name}`));
}

function inNetwork(network: string, host: string): boolean {
  const [address = "", bits] = network.split("/");
  const family = isIP(address);
  if (family === 0 || family !== isIP(host)) return false;
  const most = family === 4 ? 32 : 128;
  if (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most)) return false;
  const list = new BlockList();
  list.addSubnet(address, bits === undefined ? most : Number(bits), kindOf(family));
  return list.check(host, kindOf(family));
}

function kindOf(family: number): "ipv4" | "ipv6" {
  return family === 4 ? "ipv4" : "ipv6";
}

/** Without the interface of this machine, the dot of the root, and how letters are written. */
function plain(host: string): string {
  return host.replace(/%.*/s, "").replace(/\.$/, "").toLowerCase();
}
