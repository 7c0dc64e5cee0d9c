import { execFile } from "node:child_process";
import { clip, JamesError } from "@jamesd/model";

/** The command by which a new jamesc is asked whether it can go on from here. */
export const SELF_TEST = "self-test";
/** The flag of it by which it does without the server. */
const OFFLINE = "--offline";
const MOST_OUTPUT = 64 * 1024;
const MOST_LINES = 5;
const MOST_LINE = 200;
/** Of what it says while it is tested, so many lines are handed on. */
const MOST_SAID = 20;

/** How a new program is tested. */
interface Test {
  /** There is no server to reach. */
  readonly isOffline: boolean;
  readonly limitMs: number;
  /** Told of what it says meanwhile, line by line. */
  readonly says: (line: string) => void;
}

/**
 * Has the program that stands in the place of this one now test itself: that it starts, reads what this one has written,
 * and reaches the server. @param command what starts it, with its settings @throws JamesError AGENT_UNFIT, TRANSACTION_INTERRUPTED
 */
export function testNewProgram(
  command: readonly string[],
  { isOffline, limitMs, says }: Test,
  signal: AbortSignal,
): Promise<void> {
  const [program = "", ...args] = [...command, SELF_TEST, ...(isOffline ? [OFFLINE] : [])];
  return new Promise((resolve, reject) => {
    const options = { timeout: limitMs, killSignal: "SIGKILL", maxBuffer: MOST_OUTPUT, signal } as const;
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (!error) resolve();
      else if (signal.aborted)
        reject(
          new JamesError("TRANSACTION_INTERRUPTED", "jamesc was stopped before its update had proved itself"),
        );
      else {
        const said = gist(stderr) || gist(stdout);
        reject(unfit(error.killed ? `it did not end within ${limitMs / 1000} s` : said || error.message));
      }
    });
    child.stdout?.on("data", eachLine(says));
  });
}

function eachLine(says: (line: string) => void): (text: string) => void {
  let [rest, said] = ["", 0];
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (said++ < MOST_SAID) says(clip(line, MOST_LINE));
  };
}

/** What a program said when it failed, in a line: of a stack trace the message is what counts. */
function gist(said: string): string {
  const lines = said.split("\n").map((line) => line.trim());
  return lines
    .filter((line) => line !== "" && !/^(at |[~^]+$)/.test(line))
    .slice(0, MOST_LINES)
    .map((line) => clip(line, MOST_LINE))
    .join("; ");
}

/** The new jamesc is not to be used. */
export function unfit(why: string, cause?: unknown): JamesError {
  return new JamesError("AGENT_UNFIT", `the new jamesc did not prove itself: ${why}`, {
    hint: "The update was undone. Upload a jamesc that works on this device.",
    cause,
  });
}

/** Nothing would be left that could undo this, or hear of anything else. */
export function takenAway(): JamesError {
  return new JamesError(
    "AGENT_UNFIT",
    "the plan takes jamesc itself off the device, and brings no other one",
    {
      hint: "Nothing was changed. Keep jamesc in what the device should have; who wants it gone does that on the device (jamesc uninstall-service).",
    },
  );
}

/** This process is to end: the new jamesc goes on. */
export function handedOver(): JamesError {
  return new JamesError(
    "AGENT_REPLACED",
    "another jamesc is in the place of this one, and goes on from here",
    {
      hint: "What starts jamesc starts that one.",
    },
  );
}
