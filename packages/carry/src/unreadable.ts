import { JamesError } from "@jamesd/model";

/** @returns FILE_UNREADABLE for what the file system said */
export function unreadable(path: string, cause: unknown): JamesError {
  return new JamesError("FILE_UNREADABLE", `cannot read ${path}: ${(cause as Error).message}`, {
    hint: "Check the path and that you may read it.",
    cause,
  });
}
