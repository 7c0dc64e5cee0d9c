/**
 * The answer that there is nothing to do, as Node writes it: a connection is kept for so many milliseconds. What is the
 * same for a second is made once in it.
 */
export function nothingToDo(keepAliveMs: number): () => string {
  const kept = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / 1000)}\r\n\r\n`;
  let [second, answer] = [Number.NaN, ""];
  return () => {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) {
      second = now;
      answer = `HTTP/1.1 204 No Content\r\nDate: ${new Date(now * 1000).toUTCString()}\r\n${kept}`;
    }
    return answer;
  };
}
