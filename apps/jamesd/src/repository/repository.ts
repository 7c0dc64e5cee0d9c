import type { CertificateStore } from "./certificate-store.ts";
import type { DeviceStore } from "./device-store.ts";
import type { DocumentStore } from "./document-store.ts";
import type { EnrollTokenStore } from "./enroll-token-store.ts";
import type { EnrollmentStore } from "./enrollment-store.ts";
import type { EventStore } from "./event-store.ts";
import type { Feed } from "./feed.ts";
import type { MadeStore } from "./made-store.ts";
import type { PacketStore } from "./packet-store.ts";
import type { RevisionStore } from "./revision-store.ts";
import type { RevocationStore } from "./revocation-store.ts";
import type { RolloutCountStore } from "./rollout-count-store.ts";
import type { RolloutStore } from "./rollout-store.ts";
import type { RunStore } from "./run-store.ts";
import type { WebhookStore } from "./webhook-store.ts";

/**
 * What the server must not forget, behind small ports. Whatever a method has done is durable when its promise
 * resolves. What changes something writes the event that tells of it in the same transaction. What was judged by what
 * there was at a position of the feed is handed that (`judgedAt`), and changes nothing when it is stale. One contract suite (test/repository/) runs over every adapter.
 */
export interface Repository {
  readonly packets: PacketStore;
  readonly made: MadeStore;
  readonly devices: DeviceStore;
  readonly documents: DocumentStore;
  readonly revisions: RevisionStore;
  readonly rollouts: RolloutStore;
  readonly rolloutCounts: RolloutCountStore;
  readonly runs: RunStore;
  readonly revocations: RevocationStore;
  readonly certificates: CertificateStore;
  readonly enrollTokens: EnrollTokenStore;
  readonly enrollments: EnrollmentStore;
  readonly events: EventStore;
  readonly webhooks: WebhookStore;
  /** What of all this must be followed by whoever holds it in memory. */
  readonly feed: Feed;
  /** Sees whether it can be read, and is written to still. @throws JamesError when not */
  check(): Promise<void>;
  /** How many writes wait for those before them. */
  waiting(): number;
  /** Waits for what is under way and closes. */
  close(): Promise<void>;
}
