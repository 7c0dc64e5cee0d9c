import { Readable } from "node:stream";
import { type ArchiveLimits, writeArchive } from "@jamesd/archive";
import {
  type BundledBlob,
  type Digest,
  JamesError,
  type Packet,
  packetLabel,
  parseRollout,
  type Step,
  type Tag,
} from "@jamesd/model";
import type { BlobStore } from "../blobs/blob-store.ts";
import { isFull } from "../blobs/durable.ts";
import type { Recompression } from "../blobs/recompression.ts";
import { ingestPacket } from "../ingest/ingest.ts";
import type { PacketRequest } from "../ingest/packet-request.ts";
import type { PacketThreads } from "../ingest/packet-thread.ts";
import type { ReadingAhead } from "../ingest/reading-ahead.ts";
import type { Uploads } from "../ingest/uploads.ts";
import { overtaken } from "../repository/feed.ts";
import type { Origin } from "../repository/origin.ts";
import { type PackedPacket, packPacket } from "../repository/packed-packet.ts";
import type { PacketInfo } from "../repository/packet-info.ts";
import type { PacketStore } from "../repository/packet-store.ts";
import type { Repository } from "../repository/repository.ts";
import { type Judged, judgedAgain } from "../running/judged-again.ts";
import { CHANGE, type Turns } from "../running/turns.ts";
import { type Catalogue, unknownPacket } from "./catalogue.ts";
import type { PacketCache } from "./packet-cache.ts";
import type { PacketChoice, PacketRules, SpreadPacket } from "./packet-rules.ts";
import { PacketTexts } from "./packet-texts.ts";

/** The devices that need a packet, as of a moment; to be disposed of. */
export interface Needing extends Disposable {
  /** By id. */
  readonly ids: readonly string[];
  /** False as soon as a device changed, or was sent something, so that it may be another answer. */
  isStill(): boolean;
}

/** Those for whom packets are there. */
export interface PacketUsers {
  /** The devices that need a packet, by id. */
  needing(digest: Digest): Promise<Needing>;
  /** Of packets, those that nothing needs. */
  unneeded(packets: readonly PacketInfo[]): Promise<readonly PacketInfo[]>;
}

/** What says who may change which packets. */
export interface PacketScopes {
  /** A packet of a name is to be there. @throws JamesError SCOPE_EXCEEDED */
  addition(origin: Origin, name: string): Promise<void>;
  /** A packet of a name, which devices need, is to be there no more. @throws JamesError SCOPE_EXCEEDED */
  removal(origin: Origin, name: string, needing: readonly string[]): Promise<void>;
}

/** Where packets live and who must hear of a change. */
export interface PacketsOptions {
  readonly blobs: BlobStore;
  readonly uploads: Uploads;
  readonly repository: Repository;
  readonly catalogue: Catalogue;
  /** What is in packets. */
  readonly cache: PacketCache;
  readonly users: PacketUsers;
  readonly scopes: PacketScopes;
  readonly rules: PacketRules;
  /** What keeps the catalogue and whoever has packets true. */
  readonly memory: Judged;
  /** Told of uploads, and that there may be something to compress. */
  readonly recompression: Pick<Recompression, "uploading">;
  readonly limits: ArchiveLimits;
  /** What makes a packet of an archive. */
  readonly threads: Pick<PacketThreads, "make">;
  /** What reads archives, also while they come. */
  readonly archives: ReadingAhead;
  readonly turns: Turns;
  /** Deletes the blobs that no packet needs. */
  readonly collect: () => Promise<unknown>;
  /** Told what failed beside what was asked for. */
  readonly failed: (thrown: unknown) => void;
}

/** What became of a request for a packet. */
export interface Added {
  readonly packet: PacketInfo;
  readonly created: boolean;
  readonly warnings: readonly string[];
  /** The revision by which it spreads; undefined: all devices find it. */
  readonly rollout: number | undefined;
}

type OnSpread = (made: SpreadPacket) => void;

/** Adds, finds and removes packets, and keeps catalogue and fleet true. */
export class Packets {
  /** Packets as devices fetch them. */
  readonly texts: PacketTexts;
  readonly #options: PacketsOptions;

  constructor(options: PacketsOptions) {
    this.#options = options;
    this.texts = new PacketTexts(options.repository.packets);
  }

  /** @throws JamesError SCOPE_EXCEEDED, TOO_MANY_AT_ONCE, ROLLOUT_REVERTED, ROLLOUT_LIMIT, ROLLOUT_INVALID, and as `ingestPacket`; @param signal aborts when nobody waits for it any more: then reading ends, and the archive stays */
  async add(
    request: PacketRequest,
    origin: Origin,
    signal: AbortSignal,
    choice: PacketChoice = {},
  ): Promise<Added> {
    const { memory, scopes, rules, archives } = this.#options;
    if (choice.plan) parseRollout(choice.plan);
    // Before anything is read.
    await scopes.addition(origin, request.name);
    await rules.addition(request, choice);
    let spread: SpreadPacket | undefined;
    const packets = this.#storeFor(choice, (made) => {
      spread = made;
    });
    const stores = { ...this.#options, make: this.#options.threads.make };
    using _ = this.#options.recompression.uploading();
    const { info, created, warnings } = await archives
      .making(request, (ahead) => ingestPacket(request, origin, { ...stores, packets, ahead }, signal))
      .catch((thrown: unknown) => this.#clearAfter(thrown));
    // Also when it was there: who added it may have failed before this.
    await memory.follow();
    return added(info, created, warnings, spread);
  }

  /** Newest first; of this name and with all of these tags, where they are given, and only what nothing needs where that is asked for. */
  async list(
    name: string | undefined,
    tags: readonly string[],
    isUnneeded = false,
  ): Promise<readonly PacketInfo[]> {
    const { catalogue, users } = this.#options;
    const listed = catalogue
      .newestFirst()
      .filter(
        (packet) =>
          (name === undefined || packet.name === name) && tags.every((tag) => packet.tags.includes(tag)),
      );
    return isUnneeded ? users.unneeded(listed) : listed;
  }

  /** The tags of the packets that steps name, by digest, of those that are there: by them people tell versions apart. */
  tagsOf(steps: readonly Step[]): Readonly<Record<Digest, readonly Tag[]>> {
    const known = steps.flatMap(({ packet }) => this.#options.catalogue.get(packet) ?? []);
    return Object.fromEntries(known.map(({ digest, tags }) => [digest, tags]));
  }

  /** @throws JamesError PACKET_UNKNOWN */
  known(digest: Digest): PacketInfo {
    return this.#options.catalogue.known(digest);
  }

  /** What a packet's bundle holds. @throws JamesError PACKET_UNKNOWN */
  async bundle(digest: Digest): Promise<readonly BundledBlob[]> {
    return this.#options.cache.bundle(await this.#get(digest));
  }

  /** The packet's files as a tar. @throws JamesError PACKET_UNKNOWN */
  async archive(digest: Digest): Promise<Readable> {
    const { manifest } = await this.#get(digest);
    return writeArchive(manifest, (blob) => Readable.from(this.#read(blob), { objectMode: false }));
  }

  /** @throws JamesError PACKET_UNKNOWN, PACKET_IN_USE, SCOPE_EXCEEDED, TOO_MANY_AT_ONCE */
  async remove(digest: Digest, force: boolean, origin: Origin, choice: PacketChoice = {}): Promise<void> {
    const { catalogue, users, memory, repository, turns, scopes, rules } = this.#options;
    await turns.take(CHANGE, () =>
      judgedAgain(memory, async (judgedAt) => {
        const packet = catalogue.known(digest);
        if (force) await rules.removal(digest, choice);
        using needing = await users.needing(digest);
        await scopes.removal(origin, packet.name, needing.ids);
        if (needing.ids.length > 0 && !force) throw inUse(packet, needing.ids);
        // Nothing runs between this look and the write.
        if (!needing.isStill()) throw overtaken();
        await repository.packets.remove(digest, origin, judgedAt, rules.endingOf(digest));
        await memory.follow();
      }),
    );
  }

  #storeFor(choice: PacketChoice, spread: OnSpread): Pick<PacketStore, "add" | "ofRequest"> {
    const { packets } = this.#options.repository;
    return {
      add: (packet, origin, request) => this.#add(packed(packet), origin, request, { choice, spread }),
      ofRequest: (request) => packets.ofRequest(request),
    };
  }

  /** Adds what was made; what is judged in its turn, for what it is judged by must hold until then. */
  async #add(
    packet: PackedPacket,
    origin: Origin,
    request: Digest | undefined,
    { choice, spread }: { readonly choice: PacketChoice; readonly spread: OnSpread },
  ): ReturnType<PacketStore["add"]> {
    const { memory, repository, turns, scopes, rules, catalogue } = this.#options;
    await rules.requireOther(packet.digest, choice);
    if (!origin.scope && !rules.areBounded && !choice.plan)
      return repository.packets.add(packet, origin, request);
    return turns.take(CHANGE, () =>
      judgedAgain(memory, async (judgedAt) => {
        await memory.follow();
        await scopes.addition(origin, packet.name);
        await rules.addition(packet, choice);
        const isNew = catalogue.get(packet.digest) === undefined;
        const made = choice.plan && isNew && (await rules.spread(packet, choice.plan, origin));
        const { message = `Add the packet ${packetLabel(packet)}` } = choice;
        const rollout = made && { ...made.rollout, message, judgedAt };
        const added = await repository.packets.add(packet, origin, request, rollout || undefined);
        if (made) spread(made);
        await memory.follow();
        return added;
      }),
    );
  }

  /** What was made of an archive until the disk was full goes: the database needs room to write in. */
  async #clearAfter(thrown: unknown): Promise<never> {
    const { collect, failed } = this.#options;
    if (isFull(thrown)) await collect().catch(failed);
    throw thrown;
  }

  async #get(digest: Digest): Promise<Packet> {
    const packet = await this.#options.cache.get(digest);
    if (packet) return packet;
    throw unknownPacket(digest);
  }

  /** Opened when the first byte is wanted: an archive that nobody reads on opens no more. */
  async *#read(digest: Digest): AsyncGenerator<Uint8Array> {
    yield* await this.#options.blobs.open(digest);
  }
}

function packed(packet: Packet | PackedPacket): PackedPacket {
  return "manifest" in packet ? packPacket(packet) : packet;
}

function added(
  packet: PacketInfo,
  created: boolean,
  warnings: readonly string[],
  spread: SpreadPacket | undefined,
): Added {
  const all = [...warnings, ...(spread?.warnings ?? [])];
  return { packet, created, warnings: all, rollout: spread?.revision };
}

function inUse(packet: PacketInfo, devices: readonly string[]): JamesError {
  const some = devices.slice(0, 3).join(", ") + (devices.length > 3 ? ` and ${devices.length - 3} more` : "");
  return new JamesError("PACKET_IN_USE", `${packetLabel(packet)} is installed or wanted on ${some}`, {
    hint: "Give those devices another desired state first, or use --force.",
  });
}
