import { setTimeout } from "node:timers/promises";
import { type Digest, Gate } from "@jamesd/model";
import type { BlobStore, DeviceForm } from "./blob-store.ts";

/** Those that somebody waits for are compressed so many at a time. */
const WIDTH = 2;

/** How long a question waits for a blob at most; who asks gives up after 30 s. */
const MOST_WAIT_MS = 20_000;

export interface RecompressionOptions {
  readonly blobs: Pick<BlobStore, "hurried" | "findHurried" | "recompress">;
  /** Told what could not be compressed: it stays as it is until something is uploaded again, or the next start. */
  readonly failed: (thrown: unknown) => void;
}

/** A blob that is to be compressed so. */
interface Work {
  readonly digest: Digest;
  readonly form: DeviceForm;
}

/** A blob that is being compressed. */
interface Job extends Work {
  readonly done: Promise<void>;
  /** Somebody waits for it. */
  isUrgent: boolean;
}

function keyOf({ digest, form }: Work): string {
  return `${digest} ${form}`;
}

/**
 * Compresses for devices what was put in a hurry, one after the other, while nothing is uploaded, and with half of a
 * processor at most; at once, and with all of one, what somebody asks for. For those that take brotli alone too, from
 * when one of them has asked for any: many fleets have none.
 */
export class Recompression {
  readonly #options: RecompressionOptions;
  readonly #jobs = new Map<string, Job>();
  readonly #gate = new Gate(WIDTH);
  readonly #failed = new Set<string>();
  readonly #stop = new AbortController();
  /** What is to be compressed for devices that take brotli alone; undefined as long as none of them has asked. */
  #brotli: Set<Digest> | undefined;
  #uploads = 0;
  #working: Promise<void> | undefined;
  #looking: Promise<void> | undefined;
  /** Aborts when who paused should look again whether he still has to. */
  #news = new AbortController();

  constructor(options: RecompressionOptions) {
    this.#options = options;
  }

  /** How many wait to be compressed. */
  get waiting(): number {
    return this.#options.blobs.hurried.size + (this.#brotli?.size ?? 0);
  }

  /** Goes on with what was put before this process began. */
  async start(): Promise<void> {
    this.#looking = this.#options.blobs.findHurried().catch(this.#options.failed);
    await this.#looking;
    this.#begin();
  }

  /** An upload is under way until this is disposed of; then what it brought is compressed. */
  uploading(): Disposable {
    this.#uploads += 1;
    return {
      [Symbol.dispose]: () => {
        this.#uploads -= 1;
        // What there was no room for, for instance, may now have it.
        this.#failed.clear();
        this.#tell();
        this.#begin();
      },
    };
  }

  /** True when a blob that was put in a hurry still waits. */
  has(digest: Digest): boolean {
    return this.#options.blobs.hurried.has(digest);
  }

  /** Waits until a blob is compressed as devices get it, or cannot be, or not soon enough. */
  async soon(digest: Digest, form: DeviceForm = "zstd"): Promise<void> {
    const work = { digest, form };
    if (form === "brotli") this.#brotli ??= new Set();
    else if (!this.has(digest)) return;
    if (this.#failed.has(keyOf(work)) || this.#stop.signal.aborted) return;
    const job = this.#jobs.get(keyOf(work)) ?? this.#add(work, (run) => this.#gate.run(run));
    job.isUrgent = true;
    this.#tell();
    const over = new AbortController();
    const waited = setTimeout(MOST_WAIT_MS, undefined, { signal: over.signal });
    await Promise.race([job.done, waited]).finally(() => over.abort());
  }

  /** Gives up what is being compressed, and waits for that; it is there as it was. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#tell();
    await Promise.all([this.#looking, this.#working, ...[...this.#jobs.values()].map(({ done }) => done)]);
  }

  #begin(): void {
    if (this.#next() === undefined) return;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      this.#begin();
    });
  }

  async #work(): Promise<void> {
    for (let next = this.#next(); next !== undefined; next = this.#next())
      await this.#add(next, (begin) => begin()).done;
  }

  /** What is next to be compressed before anybody asks for it. */
  #next(): Work | undefined {
    if (this.#uploads > 0 || this.#stop.signal.aborted) return undefined;
    for (const work of this.#waiting())
      if (!this.#failed.has(keyOf(work)) && !this.#jobs.has(keyOf(work))) return work;
    return undefined;
  }

  *#waiting(): Generator<Work> {
    for (const digest of this.#options.blobs.hurried) yield { digest, form: "zstd" };
    for (const digest of this.#brotli ?? []) yield { digest, form: "brotli" };
  }

  #add(work: Work, run: (begin: () => Promise<void>) => Promise<void>): Job {
    const key = keyOf(work);
    const done = run(() => this.#compress(work))
      .catch((thrown: unknown) => {
        if (this.#stop.signal.aborted) return;
        this.#failed.add(key);
        this.#options.failed(thrown);
      })
      .finally(() => {
        this.#jobs.delete(key);
        this.#tell();
      });
    const job = { ...work, done, isUrgent: false };
    this.#jobs.set(key, job);
    return job;
  }

  async #compress(work: Work): Promise<void> {
    const { digest, form } = work;
    const isNew = this.has(digest);
    await this.#options.blobs.recompress(digest, form, this.#pace(keyOf(work)));
    if (form === "brotli") this.#brotli?.delete(digest);
    else if (isNew) this.#brotli?.add(digest);
  }

  /** Before each block: as long a pause as the one before took, and as long as others are to have the processors. */
  #pace(key: string): () => Promise<void> {
    let since = performance.now();
    return async () => {
      await this.#pause(key, performance.now() - since);
      while (this.#isToWait(key)) await this.#pause(key);
      this.#stop.signal.throwIfAborted();
      since = performance.now();
    };
  }

  /** Until there is something new, or so many milliseconds; not when somebody waits for this blob. */
  async #pause(key: string, ms?: number): Promise<void> {
    if (this.#jobs.get(key)?.isUrgent || this.#stop.signal.aborted) return;
    const { signal } = this.#news;
    if (ms !== undefined) return setTimeout(ms, undefined, { signal }).catch(() => undefined);
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }

  #isToWait(key: string): boolean {
    if (this.#stop.signal.aborted || this.#jobs.get(key)?.isUrgent) return false;
    return this.#uploads > 0 || [...this.#jobs.values()].some(({ isUrgent }) => isUrgent);
  }

  #tell(): void {
    this.#news.abort();
    this.#news = new AbortController();
  }
}
