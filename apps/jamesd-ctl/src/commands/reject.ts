import { defineCommand } from "../cli/command.ts";
import { enrollmentView } from "../views/enrollment-view.ts";
import { ENROLLMENT_FLAGS, findEnrollment } from "./enrollment-flags.ts";

/** Refuses somebody who wants to join. */
export const reject = defineCommand({
  name: "reject",
  aliases: [],
  word: "id",
  summary: "refuse somebody who wants to join, for a week; approve lets in all the same",
  options: ENROLLMENT_FLAGS,
  defaultFormat: "yaml",
  async handler(flags, context) {
    const { id, fingerprint } = await findEnrollment(flags, context);
    const body = { id, fingerprint };
    return {
      data: enrollmentView(
        await context.connect().call("rejectEnrollment", { body, signal: context.signal }),
      ),
    };
  },
});
