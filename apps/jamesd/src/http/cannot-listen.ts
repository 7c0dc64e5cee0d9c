import { JamesError } from "@jamesd/model";

/** Why nobody can be heard on an address that an option says. @returns ADDRESS_IN_USE */
export function cannotListen(cause: unknown, address: string, option: string): JamesError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const hint =
    code === "EADDRINUSE"
      ? `Another program listens there; stop it or choose another ${option}.`
      : `Choose another ${option}.`;
  return new JamesError("ADDRESS_IN_USE", `cannot listen on ${address}: ${message}`, { hint, cause });
}
