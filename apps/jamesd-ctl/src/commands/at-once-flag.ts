import { flag } from "@jamesd/config";

/** The flag of a change that cannot spread in waves: it goes to all devices at once, however many they are. */
export const AT_ONCE_FLAG = {
  now: flag({ help: "also when more devices get something else at once than jamesd --max-at-once lets" }),
};
