import { ROLES } from "@jamesd/model";
import { z } from "zod";
import { openWord } from "./open-word.ts";
import { count, instant, word } from "./schema.ts";

/** Schema of what a server says of itself, and of whom it takes the asker for. */

export const aboutSchema = z
  .object({
    version: z.string().max(200).meta({ description: "of the server" }),
    formats: z
      .record(word, count)
      .meta({ description: "the newest form that it knows of plans, packets, deltas and bundles" }),
    you: z
      .object({
        name: word.meta({ description: "the common name of the certificate" }),
        role: openWord(ROLES),
        certEnds: instant.meta({ description: "when the certificate ends" }),
        scope: z
          .object({
            devices: word.array().meta({ description: "terms that choose devices, as a spec's; `*`: all" }),
            packets: word.array().meta({ description: "how names of packets begin; `*`: all" }),
          })
          .optional()
          .meta({ id: "Scope", description: "what of the fleet an operator may change; left out: all" }),
        issuer: z.string().meta({ description: "the subject of who issued the certificate" }),
      })
      .meta({ id: "Holder", description: "Whom the certificate of the connection belongs to" }),
    renews: z.literal(true).optional().meta({
      description:
        "devices are given other certificates, as there is an authority for them; left out: they are not",
    }),
    dashboard: z.string().max(500).optional().meta({
      description: "where people's browsers find the dashboard; left out: there is none, or no way to it",
    }),
  })
  .meta({ id: "About" });

export type About = z.infer<typeof aboutSchema>;
