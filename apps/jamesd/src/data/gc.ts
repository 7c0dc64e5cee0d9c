import { JamesError } from "@jamesd/model";
import { z } from "zod";
import type { Collected } from "../blobs/blob-store.ts";
import { askServer, lockData } from "./data-lock.ts";
import { openStores, requireData } from "./stores.ts";

/** The question that a running server answers with what it collected. */
const QUESTION = "gc";

const answerSchema = z.union([
  z.object({ blobs: z.int(), bytes: z.int() }),
  z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
]);

/**
 * Deletes the blobs of a data folder that no packet needs. A server that runs on it does this itself: only there it is
 * known what uploads are under way.
 * @throws JamesError FILE_UNREADABLE when it is no data folder, FOLDER_UNSAFE, DATA_LOCKED, STORE_CORRUPT
 */
export async function collectData(data: string): Promise<Collected> {
  await requireData(data, "read");
  // Before its lock is tried for: root may ask the server of another user, but makes nothing in its folder.
  const answer = await askServer(data, QUESTION).catch(() => undefined);
  if (answer !== undefined) return readAnswer(answer);
  const lock = await lockData(data).catch((thrown: unknown) => JamesError.from(thrown));
  if (lock instanceof JamesError) {
    const late = lock.code === "DATA_LOCKED" ? await askServer(data, QUESTION) : undefined;
    if (late === undefined) throw lock;
    return readAnswer(late);
  }
  try {
    const stores = await openStores(data);
    return await stores.collect().finally(() => stores.close());
  } finally {
    await lock.release();
  }
}

/** How a running server answers `collectData` of another process. */
export async function answerCollect(question: string, collect: () => Promise<Collected>): Promise<string> {
  if (question !== QUESTION) throw new JamesError("REQUEST_INVALID", `unknown question ${question}`);
  const said = await collect().catch((thrown: unknown) => JamesError.from(thrown).toBody());
  return JSON.stringify(said);
}

function readAnswer(answer: string): Collected {
  const said = answerSchema.parse(JSON.parse(answer));
  if ("code" in said) throw JamesError.fromBody(said);
  return said;
}
