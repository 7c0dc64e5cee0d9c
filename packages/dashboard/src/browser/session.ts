const TOKEN = /^#token=([\w-]+)$/;

/** Lets this browser in by the word in the address, if there is one, and takes it out of there. @returns why it is not let in */
export async function enter(): Promise<string | undefined> {
  const [, word] = TOKEN.exec(location.hash) ?? [];
  if (word === undefined) return undefined;
  history.replaceState(undefined, "", location.pathname + location.search);
  const answer = await fetch("/session", { method: "POST", body: word });
  if (answer.ok) return undefined;
  const said = (await answer.json().catch(() => ({}))) as { message?: string };
  return said.message ?? `the answer was ${answer.status}`;
}
