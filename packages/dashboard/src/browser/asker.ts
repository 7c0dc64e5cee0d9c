import type { About } from "@jamesd/protocol";
import { computed, signal } from "@preact/signals";
import { ask } from "./api.ts";

/** Whom the server takes the asker for; undefined: not known yet. */
export const about = signal<About | undefined>(undefined);
const isForWriting = signal(false);

/** True when pages may offer changes: the dashboard hands them on, and the server lets this person make some. */
export const mayWrite = computed(() => isForWriting.value && about.value?.you.role === "operator");

/** Asks who is asking. What is not known is not offered. */
export async function askWho(): Promise<void> {
  try {
    const [said, settings] = await Promise.all([
      ask<About>("/v1/about"),
      ask<{ readonly mayWrite: boolean }>("/dashboard.json"),
    ]);
    about.value = said;
    isForWriting.value = settings.mayWrite;
  } catch {
    // The server is not there: asked again with the next one who comes.
  }
}
