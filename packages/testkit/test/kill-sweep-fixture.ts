// A sweep of kills that says what it tries, for kill-sweep.test.ts. Nothing is killed: it is made up what has how many calls.
import { IS_WHOLE, killAtCalls, sweepTest } from "@jamesd/testkit";

const CALLS = { many: 60, few: 3, one: 1, none: 0 } as const;
const KINDS = Object.keys(CALLS) as (keyof typeof CALLS)[];

for (const enough of [undefined, 1])
  sweepTest(`enough ${enough}`, {}, async () => {
    const tried: [string, number][] = [];
    const plan = { stride: 12, most: 80, ...(enough && { enough }) };
    const kills = await killAtCalls("made up", KINDS, plan, async (calls, n) => {
      tried.push([calls, n]);
      return n <= CALLS[calls];
    });
    console.log(`SAYS ${JSON.stringify({ enough, isWhole: IS_WHOLE, tried, kills: [...kills] })}`);
  });
