// Sweeps that say what they try, for sweep.test.ts.
import { IS_WHOLE, pick, steps, sweepTest } from "@jamesd/testkit";

const CASES = Array.from({ length: 100 }, (_, i) => i);

for (const name of ["a", "b", "c", "d", "e", "f", "g", "h"])
  sweepTest(name, {}, async () => {
    const numbers: number[] = [];
    for (const n of steps(name, 5)) {
      if (n > 100) break;
      numbers.push(n);
    }
    console.log(
      `SAYS ${JSON.stringify({ name, isWhole: IS_WHOLE, picked: pick(name, CASES, 10), numbers })}`,
    );
  });
