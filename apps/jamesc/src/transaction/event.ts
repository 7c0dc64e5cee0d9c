/** One line of the agent's log. */
export interface TransactionEvent {
  readonly event: string;
  readonly [detail: string]: unknown;
}
