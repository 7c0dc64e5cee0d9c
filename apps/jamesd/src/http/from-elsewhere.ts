import type { IncomingHttpHeaders } from "node:http";
import { JamesError } from "@jamesd/model";

/**
 * A browser with a person's certificate shows it whoever has it ask: what another page has it ask is refused. Programs say
 * neither header; pages of this server say that they are of its origin (Fetch Metadata, https://www.w3.org/TR/fetch-metadata/).
 * @throws JamesError ORIGIN_FORBIDDEN
 */
export function refuseFromElsewhere(headers: IncomingHttpHeaders): void {
  const { origin, host } = headers;
  const site = headers["sec-fetch-site"];
  const isFromHere = site === undefined || site === "same-origin" || site === "none";
  // A link from elsewhere may lead to a page.
  const isLink = headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
  if ((isFromHere || isLink) && (origin === undefined || origin === `https://${host}`)) return;
  throw new JamesError("ORIGIN_FORBIDDEN", `a page of ${origin ?? "another site"} may ask nothing here`, {
    hint: "Pages of this server itself may, and programs; jamesd-ctl dashboard shows the fleet in a browser.",
  });
}
