import { type RequestOptions, request } from "node:http";
import { text } from "node:stream/consumers";

/** What somebody is told by plain HTTP. */
export interface Told {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** Asks a server of this machine how it is. */
export function ask(port: number, path: string, options: RequestOptions = {}): Promise<Told> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, agent: false, ...options });
    asked.on("error", reject);
    asked.on("response", (answer) => {
      const { statusCode: status = 0, headers } = answer;
      const type = headers["content-type"] ?? "";
      text(answer).then((said) => resolve({ status, type, text: said }), reject);
    });
    asked.end();
  });
}

/** The metrics of a server, by what stands before the value in each line. */
export async function scrape(port: number): Promise<ReadonlyMap<string, number>> {
  const { text: lines } = await ask(port, "/metrics");
  return new Map(
    lines
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => {
        const at = line.lastIndexOf(" ");
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
  );
}
