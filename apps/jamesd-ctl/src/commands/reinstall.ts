import { parsed, required } from "@jamesd/config";
import { JamesError, parseName } from "@jamesd/model";
import type { Device } from "@jamesd/protocol";
import { defineCommand } from "../cli/command.ts";
import { confirmImpact, isAskable, YES_FLAG } from "../cli/confirm.ts";
import { meaningOfDevices } from "../cli/meaning.ts";
import { stepTexts } from "../views/step-text.ts";
import { deviceIdFlag } from "./id-flags.ts";

/** Has a device install an app again. */
export const reinstall = defineCommand({
  name: "reinstall",
  aliases: [],
  summary: "have a device install an app again that it has, with its scripts, though nothing differs",
  options: {
    id: deviceIdFlag,
    app: required(parsed({ value: "NAME", help: "the app", parse: parseName })),
    ...YES_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ id, app, yes }, context) {
    const client = context.connect();
    const { signal } = context;
    if (!yes && isAskable(context)) {
      const device = await client.call("getDevice", { params: { id }, signal });
      checkInstalled(device, app);
      await confirmImpact(meaningOfDevices([device]), `installing ${app} again`, yes, context);
    }
    const wish = await client.call("reinstall", { params: { id }, body: { app }, signal });
    return { data: { id, app, reinstall: wish.reinstall, steps: stepTexts(wish.steps, wish.packets) } };
  },
});

/** @throws JamesError APP_NOT_INSTALLED, so that nobody is asked about what cannot be */
function checkInstalled({ id, apps }: Device, app: string): void {
  if (apps.some(({ name }) => name === app)) return;
  throw new JamesError("APP_NOT_INSTALLED", `${id} does not have ${app}`, {
    hint: `See jamesd-ctl describe --id ${id}.`,
  });
}
