import { JamesError } from "@jamesd/model";
import { exposedKey } from "@jamesd/pki/credentials";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import type { Repository } from "./repository/repository.ts";
import type { Opened } from "./running/opened.ts";
import type { Courier, Pauses } from "./webhooks/courier.ts";
import type { Wanted } from "./webhooks/event-type.ts";
import type { Receiver } from "./webhooks/receiver.ts";
import type { Sender } from "./webhooks/sender.ts";

/** After a failure, and after many. */
const PAUSES: Pauses = { firstMs: 2000, mostMs: 15 * 60_000, random: Math.random };

/** Who is to be told of what, and by what. */
export interface WebhookSettings {
  readonly receivers: readonly Receiver[];
  readonly wanted: Wanted;
  readonly sender: Sender;
  /** Why the secrets are none; undefined: they are. */
  readonly warning: string | undefined;
}

/** Reads what the configuration says of webhooks. @returns undefined: there are none @throws JamesError USAGE, FILE_UNREADABLE, CONFIG_INVALID, CERTIFICATE_INVALID */
export async function readWebhooks({
  webhook: urls,
  webhookSecretFile: secrets,
  webhookEvents,
  webhookCa: ca,
  webhookPlain,
}: Config): Promise<WebhookSettings | undefined> {
  if (urls.length === 0) return undefined;
  if (secrets === undefined)
    throw new JamesError("USAGE", "--webhook needs --webhook-secret-file", {
      hint: 'Make one: echo "whsec_$(openssl rand -base64 32)" > webhook.secret; the receivers need it too.',
    });
  const [{ receiversOf }, { Sender }, { wantedOf }] = await Promise.all([
    import("./webhooks/receiver.ts"),
    import("./webhooks/sender.ts"),
    import("./webhooks/event-type.ts"),
  ]);
  return {
    receivers: receiversOf(urls, webhookPlain),
    wanted: wantedOf(webhookEvents),
    sender: new Sender({ secrets, ca }, Date.now),
    warning: exposedKey({ key: secrets }, "secret"),
  };
}

/** Tells the webhooks of what happens from now on. */
export async function openWebhooks(
  settings: WebhookSettings | undefined,
  { repository, log, opened }: { repository: Repository; log: Logger; opened: Opened },
  pauses = PAUSES,
): Promise<readonly Courier[]> {
  const { events, webhooks: store } = repository;
  const { receivers = [], warning } = settings ?? {};
  if (warning !== undefined) log.warn(warning);
  await store.keepOnly(receivers.map(({ key }) => key));
  if (!settings) return [];
  const { Courier } = await import("./webhooks/courier.ts");
  const { wanted, sender } = settings;
  return receivers.map((receiver) =>
    opened.add(
      new Courier({
        ...{ receiver, wanted, events, store, log, pauses },
        send: (to, event, signal) => sender.send(to, event, signal),
      }),
    ),
  );
}
