import type { Socket } from "node:net";
import { addressGroup } from "./address-group.ts";

/** How many connections there may be of which it is not known whose they are. */
export interface HandshakeLimits {
  readonly most: number;
  /** Of one place on the network (`addressGroup`). */
  readonly mostOfAddress: number;
}

/** Told whose handshake came to no end, why, and how many bytes came for it. */
type Refused = (address: string, reason: string, bytes: number) => void;

const TOO_MANY = "too many connections have not done their handshake";
const LEFT = "it left before the handshake was done";

const LIMITS: HandshakeLimits = { most: 1024, mostOfAddress: 256 };

/** No more than a part of what the process can have open: who has no certificate must not keep out who has one. */
export function handshakeLimits(descriptors: number): HandshakeLimits {
  const most = Math.max(2, Math.min(LIMITS.most, Math.floor(descriptors / 4)));
  return { most, mostOfAddress: Math.min(LIMITS.mostOfAddress, Math.floor(most / 2)) };
}

/**
 * The connections whose handshake is under way. The newest win: a handshake takes a moment, so that what has waited for
 * longest is what says nothing.
 */
export class Handshakes {
  readonly #limits: HandshakeLimits;
  /** By both ends of the connection; the oldest first. */
  readonly #underWay = new Map<string, Socket>();
  readonly #groups = new Map<string, Set<string>>();
  readonly #refused: Refused;
  #isClosed = false;

  /** `refused` is told of each connection that gives way to a newer one, or that leaves. */
  constructor(limits: HandshakeLimits, refused: Refused) {
    this.#limits = limits;
    this.#refused = refused;
  }

  get count(): number {
    return this.#underWay.size;
  }

  /** Takes a connection that has just been made. */
  begin(socket: Socket): void {
    const { remoteAddress } = socket;
    // It was reset in the meantime.
    if (this.#isClosed || remoteAddress === undefined) return void socket.destroy();
    const group = addressGroup(remoteAddress);
    const ofGroup = this.#groups.get(group) ?? new Set();
    if (ofGroup.size >= this.#limits.mostOfAddress) this.#refuse(first(ofGroup), TOO_MANY);
    if (this.#underWay.size >= this.#limits.most) this.#refuse(first(this.#underWay.keys()), TOO_MANY);
    const key = keyOf(socket);
    // Whoever came from the same port has left by now, though no word of that has come yet.
    this.#refuse(key, LEFT);
    this.#underWay.set(key, socket);
    ofGroup.add(key);
    this.#groups.set(group, ofGroup);
    socket.once("close", () => {
      if (this.#underWay.get(key) === socket) this.#refuse(key, LEFT);
    });
  }

  /** The handshake is over: `socket` is the connection, or what speaks TLS over it. @returns how many bytes came for it */
  end(socket: Socket): number {
    const key = keyOf(socket);
    const bytes = this.#underWay.get(key)?.bytesRead ?? 0;
    this.#forget(key, addressGroup(socket.remoteAddress ?? ""));
    return bytes;
  }

  /** Ends all of them, and whatever still comes. */
  close(): void {
    this.#isClosed = true;
    for (const socket of this.#underWay.values()) socket.destroy();
  }

  #refuse(key: string | undefined, reason: string): void {
    const socket = this.#underWay.get(key ?? "");
    if (!socket || key === undefined) return;
    const { remoteAddress = "", bytesRead } = socket;
    this.#forget(key, addressGroup(remoteAddress));
    if (!this.#isClosed) this.#refused(remoteAddress, reason, bytesRead);
    socket.destroy();
  }

  #forget(key: string, group: string): void {
    this.#underWay.delete(key);
    const ofGroup = this.#groups.get(group);
    ofGroup?.delete(key);
    if (ofGroup?.size === 0) this.#groups.delete(group);
  }
}

function keyOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

function first(keys: Iterable<string>): string | undefined {
  const [key] = keys;
  return key;
}
