/** Why the server, or what is between, does not do what it is asked. */
class Refusal extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly status: number;

  constructor(
    status: number,
    said: { readonly code?: string; readonly message?: string; readonly hint?: string },
  ) {
    super(said.message ?? `the answer was ${status}`);
    this.code = said.code ?? "INTERNAL";
    this.hint = said.hint;
    this.status = status;
  }
}

/** What a question is asked with. */
export interface Asked {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks for JSON. @param path with its query, below this origin @throws Refusal */
export async function ask<T>(path: string, { signal, headers }: Asked = {}): Promise<T> {
  const answer = await request(path, { headers: headers ?? {}, signal: signal ?? null });
  return (await read(answer)) as T;
}

/** Has something changed. @throws Refusal */
export async function tell<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
  // Of no body it is not said what it is: the server refuses one that is empty.
  const headers = { "content-type": "application/json" };
  const sent = body === undefined ? {} : { headers, body: JSON.stringify(body) };
  const answer = await request(path, { method, ...sent });
  return (await read(answer)) as T;
}

/** Waits for something else than is known. @param etag of what is known @returns undefined: nothing else for now @throws Refusal */
export async function askAgain<T>(
  path: string,
  etag: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly etag: string | undefined; readonly said: T } | undefined> {
  const headers = { prefer: "wait=25", ...(etag !== undefined && { "if-none-match": etag }) };
  const answer = await request(path, { headers, signal, cache: "no-store" });
  if (answer.status === 304) return undefined;
  return { said: (await read(answer)) as T, etag: answer.headers.get("etag") ?? undefined };
}

/** What a browser says of an address where nothing answers helps nobody. */
async function request(path: string, how: RequestInit): Promise<Response> {
  try {
    return await fetch(path, how);
  } catch (thrown) {
    if (how.signal?.aborted && how.signal.reason?.name !== "TimeoutError") throw thrown;
    throw new Error("nothing answers here; is jamesd-ctl dashboard, or the server, still running?");
  }
}

async function read(answer: Response): Promise<unknown> {
  if (answer.status === 204) return undefined;
  const said: unknown = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(answer.status, said as object);
  return said;
}

/** Asks for a text, whatever its bytes are. @throws Refusal */
export async function askText(path: string, { signal }: Asked = {}): Promise<string> {
  const answer = await request(path, { signal: signal ?? null });
  if (!answer.ok) await read(answer);
  return answer.text();
}
