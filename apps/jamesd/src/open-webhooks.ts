import { JamesError } from "@jamesd/model";
import { exposedKey } from "@jamesd/pki/credentials";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import type { Repository } from "./repository/repository.ts";
import type { Opened } from "./running/opened.ts";
import type { Courier, Pauses } from "./webhooks/courier.ts";

/** After a failure, and after many. */
const PAUSES: Pauses = { firstMs: 2000, mostMs: 15 * 60_000, random: Math.random };

/** Tells the webhooks of the configuration of what happens from now on. @throws JamesError USAGE, FILE_UNREADABLE, CONFIG_INVALID, CERTIFICATE_INVALID */
export async function openWebhooks(
  { webhook: urls, webhookSecretFile: secrets, webhookEvents, webhookCa: ca, webhookPlain }: Config,
  { repository, log, opened }: { repository: Repository; log: Logger; opened: Opened },
  pauses = PAUSES,
): Promise<readonly Courier[]> {
  const { events, webhooks: store } = repository;
  if (urls.length === 0) {
    await store.keepOnly([]);
    return [];
  }
  if (secrets === undefined)
    throw new JamesError("USAGE", "--webhook needs --webhook-secret-file", {
      hint: 'Make one: echo "whsec_$(openssl rand -base64 32)" > webhook.secret; the receivers need it too.',
    });
  const [{ Courier }, { receiversOf }, { Sender }, { wantedOf }] = await Promise.all([
    import("./webhooks/courier.ts"),
    import("./webhooks/receiver.ts"),
    import("./webhooks/sender.ts"),
    import("./webhooks/event-type.ts"),
  ]);
  const receivers = receiversOf(urls, webhookPlain);
  const wanted = wantedOf(webhookEvents);
  const sender = new Sender({ secrets, ca }, Date.now);
  const exposed = exposedKey({ key: secrets }, "secret");
  if (exposed !== undefined) log.warn(exposed);
  await store.keepOnly(receivers.map(({ key }) => key));
  return receivers.map((receiver) =>
    opened.add(
      new Courier({
        ...{ receiver, wanted, events, store, log, pauses },
        send: (to, event, signal) => sender.send(to, event, signal),
      }),
    ),
  );
}
