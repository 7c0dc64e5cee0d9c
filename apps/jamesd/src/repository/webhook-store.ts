/** How far each receiver of webhooks was told of the event log. */
export interface WebhookStore {
  /** Sequence of the last event that a receiver was told of, or that was not for it; undefined: it is new. */
  position(receiver: string): Promise<number | undefined>;
  /** Notes that. */
  note(receiver: string, position: number): Promise<void>;
  /** Forgets all receivers but these. */
  keepOnly(receivers: readonly string[]): Promise<void>;
}
