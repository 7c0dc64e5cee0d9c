import { JamesError } from "@jamesd/model";

/**
 * True of an error by which device and server did not come together: nobody answers, or one of the two could not show who
 * it is, as when a certificate ends or is replaced in the middle. That says nothing of the plan: it has not failed.
 */
export function isCutOff(thrown: unknown): boolean {
  return thrown instanceof JamesError && (thrown.class === "unavailable" || thrown.class === "identity");
}
