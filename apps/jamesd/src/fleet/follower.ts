import type { DocumentVersion } from "@jamesd/model";
import type { DeviceRecord } from "../device/device-record.ts";
import type { Repository } from "../repository/repository.ts";
import { Turns } from "../running/turns.ts";
import type { Certificates } from "./certificates.ts";
import { concernedBy, namedBy } from "./concerned.ts";
import type { Devices } from "./devices.ts";
import { ownersIn } from "./layer.ts";
import type { Locks } from "./locks.ts";
import { type News, type RolloutNews, readNews } from "./news.ts";
import { isSpreadAlike, opened } from "./opened.ts";
import { readAtOnce, readSaid } from "./read-views.ts";
import type { Sessions } from "./sessions.ts";
import type { Targets } from "./targets.ts";
import type { Views } from "./views.ts";
import { Waking } from "./waking.ts";

/** A revision that was made as it was judged, and what each device should have after it. */
export interface MadeRevision {
  readonly revision: number;
  readonly changed: readonly DocumentVersion[];
  /** Undefined: it got another number than it was judged with. */
  readonly views: Views | undefined;
}

/** The devices that wait, as far as they are told of changes. */
type Told = Pick<Sessions, "wake" | "waiting" | "retry" | "renew" | "end">;

/** What follows. */
export interface FollowerParts {
  readonly repository: Repository;
  readonly devices: Devices;
  readonly targets: Targets;
  readonly sessions: Told;
  readonly locks: Locks;
  readonly certificates: Certificates;
  readonly now: () => number;
}

/** Keeps what is in memory true: packets, documents and devices follow the feed of changes, whoever made them, and devices are woken that should have something else. */
export class Follower {
  readonly #repository: Repository;
  readonly #devices: Devices;
  readonly #targets: Targets;
  readonly #sessions: Told;
  readonly #locks: Locks;
  readonly #certificates: Certificates;
  readonly #now: () => number;
  readonly #waking: Waking;
  readonly #turns = new Turns();
  #position: number;

  /** @param position what is in memory holds at it, or is newer */
  constructor(parts: FollowerParts, position: number) {
    const { repository, devices, targets, sessions, locks, certificates, now } = parts;
    this.#repository = repository;
    this.#devices = devices;
    this.#targets = targets;
    this.#sessions = sessions;
    this.#locks = locks;
    this.#certificates = certificates;
    this.#now = now;
    this.#waking = new Waking(devices, sessions);
    this.#position = position;
  }

  /** The position of the feed that memory has followed to: what is judged now holds at it. */
  get position(): number {
    return this.#position;
  }

  /** Takes over what changed in the repository, by whomever; whoever wrote waits for it before it answers. @param made what is known of the change that the caller made */
  follow(made?: MadeRevision): Promise<void> {
    return this.#turns.take("feed", () => this.#follow(made));
  }

  /** Takes over anew which certificates count: those that had ended by a clock that was wrong may not have. */
  loadCertificates(): Promise<void> {
    return this.#turns.take("feed", () => this.#loadCertificates());
  }

  async #loadCertificates(): Promise<void> {
    const now = this.#now();
    this.#certificates.replace(await this.#repository.certificates.pending(now), now);
  }

  async #follow(made: MadeRevision | undefined): Promise<void> {
    const changes = await this.#repository.feed.changes(this.#position);
    if (!changes) return this.#loadAnew();
    const [first, ...others] = changes;
    if (!first) return;
    const isMine = others.length === 0 && first.kind === "revision" && first.revision === made?.revision;
    if (isMine) await this.#devices.markOwners(namedBy(made.changed));
    const memory = { devices: this.#devices, known: this.#targets.current.layers };
    const news = await readNews(isMine ? [] : changes, this.#repository, memory);
    if (!news) return this.#follow(made);
    if (isMine) this.#takeRevision(made.changed, made.views);
    else this.#take(news);
    this.#position = first.position + others.length;
  }

  /** All at once: nobody is told of one half of what changed together. */
  #take({ packets, documents, devices, retried, renewed, locks, holders, rollouts }: News): void {
    this.#locks.change(locks);
    this.#certificates.change(holders, this.#now());
    // First, before they could be told to do away with what is no longer wanted for them.
    for (const [id, record] of devices) if (!record) this.#forget(id);
    for (const id of renewed) this.#sessions.renew(id);
    const names = this.#takePackets(packets);
    if (rollouts) this.#takeRollouts(documents, rollouts);
    else if (documents.length > 0) this.#takeRevision(documents);
    if (names.size > 0) this.#packetsChanged(names);
    for (const [id, record] of devices) if (record) this.#takeRecord(record, retried.has(id));
  }

  #takePackets(packets: News["packets"]): ReadonlySet<string> {
    const names = new Set<string>();
    for (const [digest, info] of packets) {
      const known = this.#targets.catalogue.get(digest);
      if (known?.sequence === info?.sequence) continue;
      for (const one of [known, info]) if (one) names.add(one.name);
      this.#targets.catalogue.remove(digest);
      if (info) this.#targets.catalogue.add(info);
    }
    return names;
  }

  /** From now on these versions of documents count; the devices that they are about look what that means for them. */
  #takeRevision(changed: readonly DocumentVersion[], views?: Views): void {
    const before = this.#targets.documents;
    this.#targets.become(views ?? this.#targets.current.with(changed));
    this.#takeOwn(changed);
    this.#waking.start(concernedBy(changed, before));
  }

  /** From now on these rollouts count, and these versions of documents, which some of them spread. */
  #takeRollouts(changed: readonly DocumentVersion[], { rollouts, layers }: RolloutNews): void {
    const { current, rollouts: known } = this.#targets;
    const isAsBefore = changed.length === 0 && isSpreadAlike(known, rollouts);
    this.#targets.become(isAsBefore ? current : current.under(layers, changed), rollouts);
    this.#takeOwn(changed);
    const isSpread = new Set(layers.map(({ revision }) => revision));
    const forAll = changed.filter(({ revision }) => !isSpread.has(revision));
    const isConcerned = concernedBy(forAll, current.documents);
    const isOpened = opened({ current, rollouts: known }, this.#targets);
    if (isOpened) this.#waking.start((device) => isConcerned(device) || isOpened(device));
  }

  #takeOwn(changed: readonly DocumentVersion[]): void {
    for (const version of changed) if (version.kind === "device") this.#devices.takeOwn(version.id, version);
  }

  #takeRecord(record: DeviceRecord, isRetried: boolean): void {
    this.#devices.take(record);
    if (isRetried) this.#sessions.retry(record.id);
    this.#sessions.wake(record.id);
  }

  /** What it holds open ends. */
  #forget(id: string): void {
    this.#devices.remove(id);
    this.#sessions.end(id);
  }

  /** Memory was too far behind to follow. */
  async #loadAnew(): Promise<void> {
    const { feed, packets, revocations } = this.#repository;
    const { position, read } = await readAtOnce(feed, async () => ({
      infos: await packets.all(),
      said: await readSaid(this.#repository),
    }));
    const { base, rollouts, layers } = read.said;
    const views = this.#targets.by(base, layers);
    this.#locks.replace(await revocations.all());
    await this.#loadCertificates();
    const takeDevices = await this.#devices.read(views.documents.revision, ownersIn(layers));
    // From here on all at once.
    this.#targets.catalogue.replace(read.infos);
    this.#targets.become(views, rollouts);
    const { there, gone } = takeDevices();
    for (const id of gone) this.#forget(id);
    for (const id of there) {
      this.#sessions.retry(id);
      this.#sessions.wake(id);
    }
    this.#position = position;
  }

  /** From now on there are other packets of these names; the devices that want such apps look what that means for them. */
  #packetsChanged(names: ReadonlySet<string>): void {
    this.#targets.become(this.#targets.current.anew());
    this.#waking.start(({ target }) => target?.wanted.apps.some(({ name }) => names.has(name)) ?? false);
  }
}
