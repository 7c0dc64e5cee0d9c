import { createReadStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type Content, type Digest, isDigest, sha256 } from "@jamesd/model";
import { Turns } from "../running/turns.ts";
import { damagedBlob, nothingIfUnknown, unknownBlob, unreadable } from "./blob-errors.ts";
import { type BlobFile, BlobFiles, type BlobForm, makeBlobFolder } from "./blob-files.ts";
import type {
  BlobHealth,
  BlobHold,
  BlobLoan,
  BlobStore,
  ByteRange,
  Collected,
  CompressedBlob,
  DeviceForm,
  FromBorrower,
  LoanTask,
  PutHints,
} from "./blob-store.ts";
import { BlobWriter, CANNOT_STORE, HEAD_BYTES, type PackedFile } from "./blob-writer.ts";
import { contentSize, decompress, formFor, MIN_BYTES, nameOfCompressed } from "./compressed-file.ts";
import { DEVICE_FORMS, FROM, givenOut, isPacked } from "./device-forms.ts";
import { Durability } from "./durability.ts";
import { errnoOf, storageError, storing } from "./durable.ts";
import { FileRange } from "./file-range.ts";
import { readHead } from "./head.ts";
import { type Hold, Holds } from "./holds.ts";
import { FolderLoan } from "./loan.ts";
import { hashStream, nameOf } from "./named-content.ts";
import { readUpTo } from "./read-up-to.ts";
import { Soundness } from "./soundness.ts";

const FSYNCS_IN_FLIGHT = 16;
/** Of a thread beside the one that answers: the four that do such work for all of the process must not all be busy with its. */
const BORROWED_FSYNCS = 3;

/** Of what it found sound: the lender remembers all of it, and room for as much takes a while to make. */
const BORROWED_REMEMBERED = 1000;

/** What is so small is not compressed: there is one form to look for. */
const PLAIN: readonly BlobForm[] = ["plain"];

/** Opens a blob store in a folder, made when missing (`BlobFiles`). One process may use a folder at a time. */
export async function openFolderBlobStore(dir: string): Promise<BlobStore> {
  await makeBlobFolder(dir);
  return new FolderBlobStore({ dir });
}

/** Opens the blob store in a folder only to read, beside a server that may be using it. */
export function readFolderBlobStore(dir: string): Pick<BlobStore, "check"> {
  return new FolderBlobStore({ dir });
}

/** What a thread puts into the blob store that another one lends it. */
export type BorrowedBlobStore = Pick<BlobStore, "put" | "flush">;

/** Opens the blob store that another thread lends. @param tell has that thread hear what it has to know */
export function borrowFolderBlobStore(
  task: LoanTask,
  tell: (message: Exclude<FromBorrower, { readonly kind: "hold" }>) => void,
): BorrowedBlobStore {
  const durability = new Durability(BORROWED_FSYNCS, (error) =>
    tell({ kind: "failed", error: error.toBody() }),
  );
  const sound = new Soundness((name, look) => tell({ kind: "sound", name, look }), BORROWED_REMEMBERED);
  return new FolderBlobStore(task, {
    durability,
    sound,
    hurried: (digest) => tell({ kind: "hurried", digest }),
  });
}

/** Where the files of a store are. */
interface FolderPlace {
  readonly dir: string;
  readonly temporary?: string;
}

/** What a store works with. */
interface FolderParts {
  readonly durability?: Durability;
  readonly sound?: Soundness;
  /** Told of each blob that is about to lie there compressed in a hurry. */
  readonly hurried?: (digest: Digest) => void;
}

class FolderBlobStore implements BlobStore {
  readonly #dir: string;
  readonly #files: BlobFiles;
  readonly #durability: Durability;
  readonly #holds = new Holds();
  readonly #turns = new Turns();
  readonly #sound: Soundness;
  readonly #writer: BlobWriter;
  readonly #hurried = new Set<Digest>();

  constructor({ dir, temporary }: FolderPlace, parts: FolderParts = {}) {
    const { durability = new Durability(FSYNCS_IN_FLIGHT), sound = new Soundness() } = parts;
    const { hurried = (digest) => void this.#hurried.add(digest) } = parts;
    this.#dir = dir;
    this.#files = new BlobFiles(dir, temporary);
    this.#durability = durability;
    this.#sound = sound;
    this.#writer = new BlobWriter({ files: this.#files, durability, sound, hurried });
  }

  get hurried(): ReadonlySet<Digest> {
    return this.#hurried;
  }

  async put(
    content: AsyncIterable<Uint8Array> | Uint8Array,
    hold?: BlobHold,
    hints: PutHints = {},
  ): Promise<Content> {
    this.#durability.refuseAfterFailure();
    if (content instanceof Uint8Array) return await this.#putWhole(content, hold, hints);
    const { head, whole, rest } = await readHead(content, HEAD_BYTES);
    const named = hints.known ?? (whole ? nameOf(head) : undefined);
    const health = named && (await this.#look(named, hold));
    if (named && health === "sound") return named;
    const form = formFor(head, hints.isHurried);
    const look = async (blob: Content) => health ?? this.#look(blob, hold);
    return await this.#writer.write({ content: rest, form, hints: { ...hints, known: named } }, look);
  }

  hold(): Hold {
    return this.#holds.take();
  }

  async lend(hold: BlobHold): Promise<BlobLoan> {
    this.#durability.refuseAfterFailure();
    const temporary = this.#files.temporary();
    await storing(CANNOT_STORE, () => mkdir(temporary, { mode: 0o700 }));
    return new FolderLoan(
      { dir: this.#dir, temporary },
      {
        hold,
        sound: (file) => this.#sound.remember(file),
        hurried: (digest) => void this.#hurried.add(digest),
        fail: (error) => this.#durability.fail(error),
      },
    );
  }

  flush(): Promise<void> {
    return this.#durability.flush();
  }

  async size(digest: Digest): Promise<number | undefined> {
    return await this.#with(digest, async ({ path, form, size }) =>
      form === "plain" ? size : await contentSize(path),
    ).catch(nothingIfUnknown);
  }

  async readSmall(digest: Digest, limit: number): Promise<Uint8Array | undefined> {
    if (!isDigest(digest)) throw unknownBlob(digest);
    const bytes = await readUpTo(this.#files.path(digest, "plain"), limit).catch((thrown: unknown) => {
      if (errnoOf(thrown) === "ENOENT") return this.#readSmallCompressed(digest, limit);
      throw storageError(thrown, `cannot read the blob ${digest}`);
    });
    if (bytes && sha256(bytes) !== digest) throw damagedBlob(digest);
    return bytes;
  }

  async open(digest: Digest, range?: ByteRange): Promise<Readable> {
    return await this.#withSound(digest, async ({ path, form }) => {
      const file = await open(path, "r");
      return form === "plain" ? new FileRange(file, range) : decompress(file, form, range);
    });
  }

  async compressed(
    digest: Digest,
    forms: readonly DeviceForm[] = DEVICE_FORMS,
  ): Promise<CompressedBlob | undefined> {
    return await this.#withSound(digest, async (best) => {
      if (best.form === "plain") return undefined;
      for (const form of DEVICE_FORMS.filter((one) => forms.includes(one))) {
        const file = form === best.form ? best : await this.#files.find(digest, [form]);
        if (file && (await this.#isSound(digest, file))) return givenOut(digest, file, form);
      }
      return undefined;
    });
  }

  async check(digest: Digest): Promise<BlobHealth> {
    const isSound = await this.#with(digest, (file) => this.#isSound(digest, file)).catch(nothingIfUnknown);
    if (isSound === undefined) return "missing";
    return isSound ? "sound" : "damaged";
  }

  async findHurried(): Promise<void> {
    for await (const { digest, form } of this.#files.all()) if (form === "hurried") this.#hurried.add(digest);
  }

  async recompress(digest: Digest, form: DeviceForm = "zstd", pace?: () => Promise<void>): Promise<void> {
    this.#durability.refuseAfterFailure();
    const packed = await this.#files.find(digest, FROM[form]);
    if (packed && isPacked(packed))
      await this.#recompress(digest, packed, form, pace).catch((thrown: unknown) => {
        // It was collected meanwhile.
        if (errnoOf(thrown) !== "ENOENT") throw thrown;
      });
    if (form === "zstd") this.#hurried.delete(digest);
  }

  async #recompress(
    digest: Digest,
    packed: PackedFile,
    form: DeviceForm,
    pace?: () => Promise<void>,
  ): Promise<void> {
    // After a crash in the middle of this there are both.
    const there = await this.#files.find(digest, ["plain", form]);
    const isDone = there && (await this.#isSound(digest, there));
    if (!isDone) await this.#writer.rewrite(digest, packed, form, pace);
    this.#durability.note(this.#files.folder(digest));
    await this.#durability.flush();
    if (form === "zstd") await this.#files.remove(digest, "hurried");
  }

  async collect(needed: () => Promise<ReadonlySet<Digest>>): Promise<Collected> {
    return await this.#turns.take("collect", () =>
      this.#holds.during(async () => {
        const keep = await needed();
        let [blobs, bytes, last] = [0, 0, ""];
        for await (const { digest, name, path } of this.#files.all()) {
          if (keep.has(digest) || this.#holds.isHeld(digest)) continue;
          bytes += this.#files.delete(path);
          this.#sound.forget(name);
          this.#hurried.delete(digest);
          // It may lie there in several forms, one after the other.
          blobs += digest === last ? 0 : 1;
          last = digest;
        }
        return { blobs, bytes };
      }),
    );
  }

  async #putWhole(bytes: Uint8Array, hold: BlobHold | undefined, hints: PutHints): Promise<Content> {
    const blob = hints.known ?? nameOf([bytes]);
    const forms = blob.size > MIN_BYTES ? undefined : PLAIN;
    const isThere = (): boolean => this.#files.isThere(blob.digest, forms);
    const health = await this.#look(blob, hold, isThere);
    if (health === "sound") return blob;
    return await this.#writer.writeWhole({ bytes, blob, form: formFor([bytes], hints.isHurried) }, health);
  }

  async #isSound(digest: Digest, file: BlobFile): Promise<boolean> {
    const { path, form } = file;
    return await this.#sound.check(digest, file, () =>
      form === "plain" ? hashStream(createReadStream(path)) : nameOfCompressed({ path, packing: form }),
    );
  }

  #withSound<T>(digest: Digest, work: (file: BlobFile) => Promise<T>): Promise<T> {
    return this.#with(digest, async (file) => {
      if (!(await this.#isSound(digest, file))) throw damagedBlob(digest);
      return await work(file);
    });
  }

  /** Does something with a blob's file, and once more with the next where that gave way to one of another form meanwhile. */
  async #with<T>(digest: Digest, work: (file: BlobFile) => Promise<T>): Promise<T> {
    for (let isFirst = true; ; isFirst = false) {
      const found = await this.#files.find(digest);
      if (!found) throw unknownBlob(digest);
      try {
        return await work(found);
      } catch (thrown) {
        if (!isFirst || errnoOf(thrown) !== "ENOENT") unreadable(digest, thrown);
      }
    }
  }

  async #readSmallCompressed(digest: Digest, limit: number): Promise<Uint8Array | undefined> {
    const size = await this.#withSound(digest, ({ path }) => contentSize(path));
    return size > limit ? undefined : await buffer(await this.open(digest));
  }

  /**
   * Holds a blob, then looks what became of it; a damaged one is to be replaced. The name of one that is there is synced
   * again by the next flush: whoever put it may have died before his.
   */
  async #look(
    { digest, size }: Content,
    hold: BlobHold | undefined,
    isThere: () => boolean | Promise<boolean> = async () =>
      size > MIN_BYTES || (await this.#files.find(digest, PLAIN)) !== undefined,
  ): Promise<BlobHealth> {
    await hold?.add(digest);
    const health = (await isThere()) ? await this.check(digest) : "missing";
    if (health === "sound") this.#durability.note(this.#files.folder(digest));
    return health;
  }
}
