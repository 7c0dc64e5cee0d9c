import { FORMATS, type Numbered } from "@jamesd/model";
import type { About } from "@jamesd/protocol";
import { VERSION } from "../version.ts";

/** What to say when this program and the server are not of one version; nothing when they are. */
export function mismatches(about: About | undefined): readonly string[] {
  if (!about) return [`the server does not tell its version: it is older than this jamesd-ctl, ${VERSION}`];
  if (about.version !== VERSION)
    return [
      `the server is jamesd ${about.version}, and this is jamesd-ctl ${VERSION}: what only the newer one knows is not to be had`,
      ...laterFormats(about),
    ];
  return laterFormats(about);
}

function laterFormats({ formats }: About): readonly string[] {
  return Object.entries(formats)
    .filter(([what, format]) => format > (FORMATS[what as Numbered] ?? 0))
    .map(
      ([what, format]) => `the server has format ${format} of a ${what}, which this jamesd-ctl cannot read`,
    );
}
