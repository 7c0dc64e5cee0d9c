import { parsed, required } from "@jamesd/config";
import { parseName } from "@jamesd/model";

/** The app that a command is about; `--name` is a packet's. */
export const appFlag = required(parsed({ value: "NAME", help: "the app", parse: parseName }));
