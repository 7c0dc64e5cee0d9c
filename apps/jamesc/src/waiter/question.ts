import { writeFileSync } from "node:fs";
import { JamesError } from "@jamesd/model";
import type { CredentialPaths } from "@jamesd/pki/credentials";
import { addressText, type Checkin, proxyUrl, type Way } from "@jamesd/protocol/device";
import type { Settings } from "../config.ts";
import type { Quiet } from "../daemon.ts";

/** After so long the agent looks after itself: at its certificate, at what it still has to undo or to tell. */
const LONGEST_QUIET_S = 24 * 60 * 60;

/** What the waiter has to know besides the settings. */
interface Waiting extends Quiet {
  /** After so long the certificate is to be looked at, in milliseconds. */
  readonly quietMs: number;
  /** Where the server was found just now: openssl tries one address of a name after the other, minutes each. */
  readonly reachedAt: string | undefined;
  /** What proves who asks. */
  readonly files: CredentialPaths;
}

/**
 * Writes what the waiter asks until the answer is another than 204: a value a line, for a shell to read. Seconds to hold,
 * how often to ask, address, the server's name, the files that prove who asks, and the body; then the proxy, as curl wants it,
 * and who asks it, as openssl does. What is new comes last, for the waiters of before.
 * @throws JamesError CONFIG_INVALID
 */
export function writeQuestion(file: string, settings: Settings, quiet: Waiting, body: Checkin): void {
  const { address, serverName } = settings;
  const { ca, cert, key } = quiet.files;
  // What is said of a deferral is true once.
  const quietSeconds = Math.min(LONGEST_QUIET_S, Math.max(1, quiet.quietMs / 1000));
  const times = quiet.deferred ? 1 : Math.ceil(quietSeconds / quiet.waitSeconds);
  const lines = [
    quiet.waitSeconds,
    times,
    addressText({ host: quiet.reachedAt ?? address.host, port: address.port }),
    serverName,
    ca,
    cert,
    key,
    JSON.stringify(body),
    ...proxyLines(address),
  ].map(String);
  const broken = lines.find((line) => line.includes("\n"));
  if (broken !== undefined)
    throw new JamesError(
      "CONFIG_INVALID",
      `${JSON.stringify(broken)} is two lines, which a waiter cannot read`,
    );
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
}

function proxyLines({ proxy }: Way): readonly string[] {
  if (!proxy) return ["", "", ""];
  const { name = "", password = "" } = proxy.user ?? {};
  return [proxyUrl(proxy), name, password];
}
