import { promisify } from "node:util";
import { constants, zstdCompressSync, zstdDecompress, zstdDecompressSync } from "node:zlib";
import {
  type Digest,
  JamesError,
  type Manifest,
  makePacket,
  manifestSize,
  type Packet,
  type PacketContent,
  type Scripts,
  scriptNames,
  sortedTags,
} from "@jamesd/model";
import type { PacketInfo } from "@jamesd/protocol";
import { packetAdded, packetRemoved } from "../repository/make-event.ts";
import type { Origin } from "../repository/origin.ts";
import type { Repository } from "../repository/repository.ts";
import type { SqliteDatabase } from "./database.ts";
import type { Append } from "./events.ts";
import { brokenRow, bytes, integer, isText, listOf, objectOf, type Row, readRow, text } from "./row.ts";

const INFO_COLUMNS = "sequence, digest, name, tags, scripts, files, size, uploaded, author";

/** Requests that are remembered: who repeats one after a lost answer does so soon. */
const MAX_REQUESTS = 5000;

/** What packets have had since the second version of the tables. */
type Properties = Pick<PacketContent, "conffiles" | "policy" | "setid" | "agent">;

/** The packets of a SQLite repository. */
export function sqlitePackets(
  db: SqliteDatabase,
  append: Append,
): Pick<Repository, "addPacket" | "packetOfRequest" | "packet" | "packetJson" | "packets" | "removePacket"> {
  const all = db.prepare(`SELECT ${INFO_COLUMNS} FROM packets ORDER BY sequence`);
  const infoOf = db.prepare(`SELECT ${INFO_COLUMNS} FROM packets WHERE digest = ?`);
  const whole = db.prepare(
    "SELECT digest, name, tags, scripts, properties, manifest FROM packets WHERE digest = ?",
  );
  const twin = db.prepare("SELECT 1 FROM packets WHERE name = ? AND tags = ?");
  const insert = db.prepare(
    `INSERT INTO packets (digest, name, tags, scripts, files, size, uploaded, author, properties, manifest)
     VALUES (:digest, :name, :tags, :scripts, :files, :size, :uploaded, :author, :properties, :manifest)`,
  );
  const remove = db.prepare("DELETE FROM packets WHERE digest = ?");

  const note = db.prepare("INSERT OR REPLACE INTO requests (digest, packet) VALUES (?, ?)");
  const forgetNotes = db.prepare(
    "DELETE FROM requests WHERE sequence <= (SELECT max(sequence) FROM requests) - ?",
  );
  const noted = db.prepare(
    `SELECT ${INFO_COLUMNS} FROM packets WHERE digest = (SELECT packet FROM requests WHERE digest = ?)`,
  );

  const info = (digest: Digest): PacketInfo | undefined => {
    const row = infoOf.get(digest);
    return row && toInfo(row);
  };

  return {
    async addPacket(packet, origin, request) {
      const row = toRow(packet, origin);
      const noteRequest = (): void => {
        if (request === undefined) return;
        note.run(request, packet.digest);
        forgetNotes.run(MAX_REQUESTS);
      };
      return db.write(() => {
        const present = info(packet.digest);
        if (present) {
          noteRequest();
          return { info: present, created: false };
        }
        if (twin.get(row.name, row.tags)) throw taken(packet);
        insert.run(row);
        const added = info(packet.digest);
        if (!added) throw new JamesError("INTERNAL", `the packet ${packet.digest} was not stored`);
        noteRequest();
        append(packetAdded(added, origin));
        return { info: added, created: true };
      });
    },
    async packetOfRequest(request) {
      const row = db.read(() => noted.get(request));
      return row && toInfo(row);
    },
    async packet(digest) {
      const row = db.read(() => whole.get(digest));
      return row && toPacket(row);
    },
    async packetJson(digest) {
      const row = db.read(() => whole.get(digest));
      return row && (await toJson(row));
    },
    async packets() {
      return db.read(() => all.all()).map(toInfo);
    },
    async removePacket(digest, origin) {
      return db.write(() => {
        const present = info(digest);
        if (!present) return false;
        remove.run(digest);
        append(packetRemoved(present, origin));
        return true;
      });
    },
  };
}

function toRow(packet: Packet, origin: Origin) {
  const { digest, name, tags, scripts, conffiles, policy, setid, agent, manifest } = packet;
  return {
    digest,
    name,
    tags: JSON.stringify(sortedTags(tags)),
    scripts: JSON.stringify(scripts),
    files: manifest.filter((entry) => entry.type === "file").length,
    size: manifestSize(manifest),
    uploaded: origin.time,
    author: origin.author,
    properties: JSON.stringify({ conffiles, policy, setid, agent } satisfies Properties),
    manifest: packManifest(manifest),
  };
}

function toInfo(row: Row): PacketInfo {
  return readRow(`packet ${row.digest}`, () => ({
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

function toPacket(row: Row): Packet {
  return readRow(`packet ${row.digest}`, () => {
    const packet = makePacket({
      name: text(row, "name"),
      tags: listOf(row, "tags", isText),
      scripts: objectOf<Scripts>(row, "scripts"),
      ...objectOf<Partial<Properties>>(row, "properties"),
      manifest: unpackManifest(bytes(row, "manifest")),
    });
    if (packet.digest !== text(row, "digest")) throw new TypeError("its content has another digest");
    return packet;
  });
}

/** The manifest may be long: it is unpacked beside the event loop, and goes on as the text that it is. */
async function toJson(row: Row): Promise<Uint8Array> {
  const what = `packet ${row.digest}`;
  const head = readRow(what, () => ({
    digest: text(row, "digest"),
    name: text(row, "name"),
    tags: listOf(row, "tags", isText),
    scripts: objectOf<Scripts>(row, "scripts"),
    ...objectOf<Partial<Properties>>(row, "properties"),
  }));
  const packed = readRow(what, () => bytes(row, "manifest"));
  const manifest = await unpack(packed).catch((thrown: unknown) => {
    throw brokenRow(what, thrown);
  });
  const before = JSON.stringify(head).slice(0, -1);
  return Buffer.concat([Buffer.from(`${before},"manifest":`), manifest, Buffer.from("}")]);
}

const unpack = promisify(zstdDecompress);

function packManifest(manifest: Manifest): Uint8Array {
  return zstdCompressSync(JSON.stringify(manifest), {
    params: { [constants.ZSTD_c_checksumFlag]: 1 },
  });
}

// The packet's digest, checked by the caller, vouches for the type.
function unpackManifest(packed: Uint8Array): Manifest {
  return JSON.parse(zstdDecompressSync(packed).toString()) as Manifest;
}

function taken({ name, tags }: Packet): JamesError {
  const tagged = tags.length === 0 ? "without tags" : `with the tags ${sortedTags(tags).join(",")}`;
  return new JamesError("PACKET_CONFLICT", `the packet ${name} ${tagged} was uploaded with other content`, {
    hint: "Raise the version tag, or remove the old packet first.",
  });
}
