import { duration, flag } from "@jamesd/config";

/** The flags of a command that changes one device, by which it is followed until that is carried out. */
export const WAIT_FLAGS = {
  wait: flag({ help: "follow the device until it is in sync or has failed" }),
  timeout: duration({ value: "TIME", help: "how long to wait", default: "10m" }),
};
