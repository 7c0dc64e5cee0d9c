import { JamesError, shellWord } from "@jamesd/model";
import type { Device } from "@jamesd/protocol";
import { defineCommand } from "../cli/command.ts";
import { confirmImpact, isAskable, YES_FLAG } from "../cli/confirm.ts";
import { meaningOfDevices } from "../cli/meaning.ts";
import { followChange } from "../follow/follow-change.ts";
import { stepTexts } from "../views/step-text.ts";
import { appFlag } from "./app-flag.ts";
import { deviceIdFlag } from "./id-flags.ts";
import { WAIT_FLAGS } from "./wait-flags.ts";

/** Has a device install an app again. */
export const reinstall = defineCommand({
  name: "reinstall",
  aliases: [],
  summary: "have a device install an app again that it has, with its scripts, though nothing differs",
  options: {
    id: deviceIdFlag,
    app: appFlag,
    ...WAIT_FLAGS,
    ...YES_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ id, app, wait, timeout, yes }, context) {
    const client = context.connect();
    const { signal } = context;
    if (!yes && isAskable(context)) {
      const device = await client.call("getDevice", { params: { id }, signal });
      checkInstalled(device, app);
      await confirmImpact(meaningOfDevices([device]), `installing ${app} again`, yes, context);
    }
    const wish = await client.call("reinstall", { params: { id }, body: { app }, signal });
    const { reinstall } = wish;
    const data = { id, app, reinstall, steps: stepTexts(wish.steps, wish.packets) };
    if (!wait) return { data };
    const { revision } = await client.call("getDevice", { params: { id }, signal });
    return followChange(client, id, { revision: revision ?? 0, reinstall }, timeout, data, context);
  },
});

/** @throws JamesError APP_NOT_INSTALLED, so that nobody is asked about what cannot be */
function checkInstalled({ id, apps }: Device, app: string): void {
  if (apps.some(({ name }) => name === app)) return;
  throw new JamesError("APP_NOT_INSTALLED", `${id} does not have ${app}`, {
    hint: `See jamesd-ctl describe --id ${shellWord(id)}.`,
  });
}
