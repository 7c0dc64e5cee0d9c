import { duration, required } from "@jamesd/config";
import { defineCommand } from "../cli/command.ts";
import { tagList } from "../cli/lists.ts";
import { enrollmentView } from "../views/enrollment-view.ts";
import { fingerprintFlag } from "./enrollment-flags.ts";
import { deviceIdFlag } from "./id-flags.ts";

/** Lets in a device that has not asked yet. */
export const preauthorize = defineCommand({
  name: "preauthorize",
  aliases: [],
  summary: "let a device in as soon as it asks to join with this key",
  options: {
    id: { ...deviceIdFlag, help: "the id that the device is to have" },
    keyFingerprint: required(fingerprintFlag("SHA-256 of the device's public key")),
    tags: tagList({ help: "tags that the device is given" }),
    for: duration({ value: "TIME", help: "how long it is expected", default: "90d", isAge: true }),
  },
  defaultFormat: "yaml",
  async handler({ id, keyFingerprint: fingerprint, tags = [], for: forMs }, { connect, signal }) {
    const body = { id, fingerprint, tags: [...tags], expected: true, forMs };
    return { data: enrollmentView(await connect().call("approveEnrollment", { body, signal })) };
  },
});
