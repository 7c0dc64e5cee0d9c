import { type Digest, JamesError } from "@jamesd/model";
import type { PacketStore } from "../repository/packet-store.ts";
import { unknownPacket } from "./catalogue.ts";

/** A packet as JSON, in use. */
export interface PacketText {
  readonly bytes: Uint8Array;
  /** To be called once, when it is not read any more. */
  release(): void;
}

interface Held {
  readonly bytes: Uint8Array;
  users: number;
}

/** So many bytes of packets are held as JSON. */
const MAX_BYTES = 128 * 1024 * 1024;
const RETRY_AFTER_MS = 10_000;

/**
 * Packets as the JSON that devices fetch, made once however many ask: it never changes, and one of thousands of files is
 * long. Of those that nobody reads the ones used last stay.
 */
export class PacketTexts {
  readonly #packets: Pick<PacketStore, "json">;
  readonly #maxBytes: number;
  /** The least recently used first. */
  readonly #held = new Map<Digest, Held>();
  readonly #making = new Map<Digest, Promise<Uint8Array>>();
  #bytes = 0;

  constructor(packets: Pick<PacketStore, "json">, maxBytes = MAX_BYTES) {
    this.#packets = packets;
    this.#maxBytes = maxBytes;
  }

  /** How many bytes are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws JamesError PACKET_UNKNOWN, STORE_CORRUPT; SERVER_BUSY when so many others are being read that there is no room */
  async use(digest: Digest): Promise<PacketText> {
    const held = this.#held.get(digest) ?? this.#hold(digest, await this.#make(digest));
    this.#held.delete(digest);
    this.#held.set(digest, held);
    held.users += 1;
    return { bytes: held.bytes, release: () => (held.users -= 1) };
  }

  async #make(digest: Digest): Promise<Uint8Array> {
    const making = this.#making.get(digest) ?? this.#read(digest).finally(() => this.#making.delete(digest));
    this.#making.set(digest, making);
    return await making;
  }

  async #read(digest: Digest): Promise<Uint8Array> {
    const bytes = await this.#packets.json(digest);
    if (!bytes) throw unknownPacket(digest);
    return bytes;
  }

  #hold(digest: Digest, bytes: Uint8Array): Held {
    // Who asked together made it together.
    const present = this.#held.get(digest);
    if (present) return present;
    this.#makeRoom(bytes.length);
    const held = { bytes, users: 0 };
    this.#held.set(digest, held);
    this.#bytes += bytes.length;
    return held;
  }

  #makeRoom(bytes: number): void {
    for (const [digest, held] of this.#held) {
      if (this.#bytes + bytes <= this.#maxBytes) return;
      if (held.users > 0) continue;
      this.#held.delete(digest);
      this.#bytes -= held.bytes.length;
    }
    if (this.#bytes === 0 || this.#bytes + bytes <= this.#maxBytes) return;
    throw new JamesError("SERVER_BUSY", "too many packets are being read to read another", {
      hint: "Try again in a few seconds.",
      retryAfterMs: RETRY_AFTER_MS,
    });
  }
}
