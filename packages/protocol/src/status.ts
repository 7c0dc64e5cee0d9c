import type { ErrorClass } from "@jamesd/model";

/** The HTTP status by which an error of a class travels; each has one of its own. */
export const STATUS_OF_CLASS: Readonly<Record<ErrorClass, number>> = {
  input: 400,
  identity: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  device: 507,
  unavailable: 503,
  internal: 500,
};

/** The class of the errors that travel by a status; undefined: none does. */
export function classOfStatus(status: number | undefined): ErrorClass | undefined {
  return (Object.keys(STATUS_OF_CLASS) as ErrorClass[]).find((name) => STATUS_OF_CLASS[name] === status);
}
