import {
  type Digest,
  JamesError,
  makePacket,
  type Packet,
  type PacketContent,
  packetOfText,
  type Scripts,
  scriptNames,
  sortedTags,
  whole,
} from "@jamesd/model";
import { packetAdded, packetRemoved } from "../repository/make-event.ts";
import { readManifest, unpackManifest } from "../repository/manifest-text.ts";
import type { Origin } from "../repository/origin.ts";
import { type PackedPacket, packPacket } from "../repository/packed-packet.ts";
import type { PacketInfo } from "../repository/packet-info.ts";
import type { PacketEnding, PacketRollout, PacketStore } from "../repository/packet-store.ts";
import type { RevisionRequest } from "../repository/revision-store.ts";
import type { RolloutChange } from "../repository/rollout-store.ts";
import type { SqliteDatabase } from "./database.ts";
import type { SqliteEvents } from "./events.ts";
import type { SqliteFeed } from "./feed.ts";
import { SqliteRequests } from "./requests.ts";
import type { SqliteRevisions } from "./revisions.ts";
import type { SqliteRollouts } from "./rollouts.ts";
import { brokenRow, bytes, integer, isText, listOf, objectOf, type Row, readRow, text } from "./row.ts";

const INFO_COLUMNS = "sequence, digest, name, tags, scripts, files, size, uploaded, author, properties";

/** What packets have had since the second version of the tables. */
type Properties = Pick<PacketContent, "conffiles" | "policy" | "setid" | "agent"> &
  Partial<Pick<PacketContent, "volatile">> &
  Pick<PacketInfo, "features">;

/** What packets are stored beside. */
interface Beside {
  readonly events: SqliteEvents;
  readonly feed: SqliteFeed;
  readonly revisions: SqliteRevisions;
  readonly rollouts: SqliteRollouts;
}

/** The packets of a SQLite repository. */
export class SqlitePackets implements PacketStore {
  readonly #db: SqliteDatabase;
  readonly #events: SqliteEvents;
  readonly #feed: SqliteFeed;
  readonly #revisions: SqliteRevisions;
  readonly #rollouts: SqliteRollouts;
  readonly #requests: SqliteRequests;
  readonly #statements;

  constructor(db: SqliteDatabase, { events, feed, revisions, rollouts }: Beside) {
    this.#db = db;
    this.#events = events;
    this.#feed = feed;
    this.#revisions = revisions;
    this.#rollouts = rollouts;
    this.#requests = new SqliteRequests(db);
    this.#statements = {
      all: db.prepare(`SELECT ${INFO_COLUMNS} FROM packets ORDER BY sequence`),
      info: db.prepare(`SELECT ${INFO_COLUMNS} FROM packets WHERE digest = ?`),
      whole: db.prepare(
        "SELECT digest, name, tags, scripts, properties, manifest FROM packets WHERE digest = ?",
      ),
      twin: db.prepare("SELECT 1 FROM packets WHERE name = ? AND tags = ?"),
      insert: db.prepare(
        `INSERT INTO packets (digest, name, tags, scripts, files, size, uploaded, author, properties, manifest)
         VALUES (:digest, :name, :tags, :scripts, :files, :size, :uploaded, :author, :properties, :manifest)`,
      ),
      remove: db.prepare("DELETE FROM packets WHERE digest = ?"),
    };
  }

  async add(
    packet: Packet | PackedPacket,
    origin: Origin,
    request?: Digest,
    rollout?: PacketRollout,
  ): Promise<{ info: PacketInfo; created: boolean }> {
    const row = toRow("manifest" in packet ? packPacket(packet) : packet, origin);
    return this.#db.write(() => {
      this.#feed.require(rollout?.judgedAt);
      const known = this.#info(packet.digest);
      const info = known ?? this.#insert(packet, row, origin);
      if (!known && rollout) this.#revise({ ...origin, message: rollout.message }, { rollout }, info.digest);
      if (request !== undefined) this.#requests.note(request, packet.digest);
      return { info, created: !known };
    });
  }

  async ofRequest(request: Digest): Promise<PacketInfo | undefined> {
    return this.#db.read(() => {
      const digest = this.#requests.packet(request);
      return digest === undefined ? undefined : this.#info(digest);
    });
  }

  async info(digest: Digest): Promise<PacketInfo | undefined> {
    return this.#db.read(() => this.#info(digest));
  }

  async get(digest: Digest): Promise<Packet | undefined> {
    const row = this.#db.read(() => this.#statements.whole.get(digest));
    return row && (await toPacket(row));
  }

  async json(digest: Digest): Promise<Uint8Array | undefined> {
    const row = this.#db.read(() => this.#statements.whole.get(digest));
    return row && (await toJson(row));
  }

  async all(): Promise<readonly PacketInfo[]> {
    return this.#db.read(() => this.#statements.all.all()).map(toInfo);
  }

  async remove(digest: Digest, origin: Origin, judgedAt?: number, ending?: PacketEnding): Promise<boolean> {
    return this.#db.write(() => {
      this.#feed.require(judgedAt);
      const info = this.#info(digest);
      if (!info) return false;
      this.#statements.remove.run(digest);
      this.#events.append(packetRemoved(info, origin));
      if (ending) this.#revise({ ...origin, message: ending.message }, ending, null);
      return true;
    });
  }

  /** A revision that changes no document, for what rollouts do with a packet. */
  #revise(request: RevisionRequest, change: RolloutChange, packet: Digest | null): void {
    const revision = this.#revisions.add([], request);
    whole(this.#rollouts.change(revision, change, { documents: [], packet }, request));
  }

  #info(digest: Digest): PacketInfo | undefined {
    const row = this.#statements.info.get(digest);
    return row && toInfo(row);
  }

  #insert(packet: PacketName, row: PacketRow, origin: Origin): PacketInfo {
    if (this.#statements.twin.get(row.name, row.tags)) throw taken(packet);
    this.#statements.insert.run(row);
    const info = this.#info(packet.digest);
    if (!info) throw new JamesError("INTERNAL", `the packet ${packet.digest} was not stored`);
    this.#events.append(packetAdded(info, origin));
    return info;
  }
}

type PacketRow = ReturnType<typeof toRow>;

type PacketName = Pick<Packet, "digest" | "name" | "tags">;

function toRow(packet: PackedPacket, origin: Origin) {
  const { digest, name, tags, scripts, conffiles, volatile, policy, setid, agent } = packet;
  const { files, size, features, packedManifest } = packet;
  return {
    ...{ digest, name, files, size },
    tags: JSON.stringify(sortedTags(tags)),
    scripts: JSON.stringify(scripts),
    uploaded: origin.time,
    author: origin.author,
    properties: JSON.stringify({
      ...{ conffiles, policy, setid, agent },
      ...(volatile.length > 0 && { volatile }),
      ...(features.length > 0 && { features }),
    } satisfies Properties),
    manifest: packedManifest,
  };
}

function toInfo(row: Row): PacketInfo {
  return readRow(`packet ${row.digest}`, () => ({
    ...featuresIn(row),
    digest: text(row, "digest"),
    name: text(row, "name"),
    tags: [...listOf(row, "tags", isText)],
    scripts: [...scriptNames(objectOf<Scripts>(row, "scripts"))],
    sequence: integer(row, "sequence"),
    files: integer(row, "files"),
    size: integer(row, "size"),
    uploaded: integer(row, "uploaded"),
    author: text(row, "author"),
  }));
}

function featuresIn(row: Row): Pick<PacketInfo, "features"> {
  const { features } = objectOf<Partial<Properties>>(row, "properties");
  return features ? { features } : {};
}

/** The manifest may be long: others run while it is unpacked and read. */
async function toPacket(row: Row): Promise<Packet> {
  const what = `packet ${row.digest}`;
  try {
    const json = await unpackManifest(bytes(row, "manifest"));
    const content = { ...headOf(row), manifest: await readManifest(json) };
    const digest = text(row, "digest");
    const packet = packetOfText(content, json);
    if (packet.digest === digest) return packet;
    // Earlier versions kept it in another order.
    const other = makePacket(content);
    if (other.digest !== digest) throw new TypeError("its content has another digest");
    return other;
  } catch (thrown) {
    throw brokenRow(what, thrown);
  }
}

function headOf(row: Row) {
  return {
    name: text(row, "name"),
    tags: listOf(row, "tags", isText),
    scripts: objectOf<Scripts>(row, "scripts"),
    ...objectOf<Partial<Properties>>(row, "properties"),
  };
}

/** The manifest goes on as the text that it is. */
async function toJson(row: Row): Promise<Uint8Array> {
  const what = `packet ${row.digest}`;
  try {
    const head = withoutFeatures({ digest: text(row, "digest"), ...headOf(row) });
    const manifest = await unpackManifest(bytes(row, "manifest"));
    const before = JSON.stringify(head).slice(0, -1);
    return Buffer.concat([Buffer.from(`${before},"manifest":`), manifest, Buffer.from("}")]);
  } catch (thrown) {
    throw brokenRow(what, thrown);
  }
}

// They are seen in the manifest.
function withoutFeatures<T extends Partial<Properties>>({
  features: _,
  ...properties
}: T): Omit<T, "features"> {
  return properties;
}

function taken({ name, tags }: PacketName): JamesError {
  const tagged = tags.length === 0 ? "without tags" : `with the tags ${sortedTags(tags).join(",")}`;
  return new JamesError("PACKET_CONFLICT", `the packet ${name} ${tagged} was uploaded with other content`, {
    hint: "Raise the version tag, or remove the old packet first.",
  });
}
