import { JamesError } from "@jamesd/model";
import type { Fleet } from "./fleet.ts";

const BODY = { digest: "0".repeat(64), instance: "0".repeat(32) };
const NEVER = new AbortController().signal;

/** What an agent goes through from its start on: so many check-ins, with what it does before and after each. @returns what became of them: where the identity was from, or a code */
export async function live(
  fleet: Fleet,
  stateDir: string,
  checkIns: number,
  isBusy = false,
): Promise<readonly string[]> {
  const { proof, renewal } = fleet.agent(stateDir);
  const became: string[] = [];
  try {
    for (let n = 0; n < checkIns; n += 1) {
      await renewal.before(NEVER, isBusy);
      const { place } = proof.identity;
      try {
        const reply = await proof.client.call("checkin", { body: BODY });
        await renewal.answered(reply?.renew === true);
        became.push(place);
      } catch (thrown) {
        renewal.refused(thrown);
        became.push(thrown instanceof JamesError ? thrown.code : String(thrown));
      }
    }
    return became;
  } finally {
    proof.client.close();
  }
}
