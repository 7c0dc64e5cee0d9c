import { FORMATS, type Scope, scopeWords } from "@jamesd/model";
import type * as wire from "@jamesd/protocol";
import { VERSION } from "../../version.ts";
import type { Holder } from "../identity.ts";
import type { Answer } from "./answer.ts";

/** What this server is, and whom it takes somebody for. @param dashboard where browsers find it @param renews it gives devices other certificates */
export function wireAbout(
  { name, role, certEnds, issuer, scope }: Holder,
  dashboard: string | undefined,
  renews: boolean,
): Answer<wire.About> {
  return {
    version: VERSION,
    formats: FORMATS,
    you: { name, role, certEnds, issuer, ...(scope && { scope: wireScope(scope) }) },
    ...(renews && { renews }),
    // Devices are shown no pages.
    ...(role !== "device" && dashboard !== undefined && { dashboard }),
  };
}

function wireScope(scope: Scope) {
  const { devices, packets } = scopeWords(scope);
  return { devices: [...devices], packets: [...packets] };
}
