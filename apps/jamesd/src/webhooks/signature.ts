import { createHmac } from "node:crypto";
import { JamesError } from "@jamesd/model";
import { readText } from "@jamesd/pki/pem";

/** A secret as Standard Webhooks writes it (https://www.standardwebhooks.com), of this many bytes. */
const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
const [LEAST, MOST] = [24, 64];
/** More are never needed at once. */
const MOST_SECRETS = 4;
const NAME_SECRETS = "Name the file with --webhook-secret-file, and see that this user may read it.";

/** What a receiver is told apart by whom it hears from, and when. */
export interface Signed {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly body: string;
}

/** The signature of each secret, with a space between: a receiver that knows one of them is content. */
export function signatureOf({ id, timestamp, body }: Signed, secrets: readonly Buffer[]): string {
  const signed = `${id}.${timestamp}.${body}`;
  return secrets
    .map((secret) => `v1,${createHmac("sha256", secret).update(signed).digest("base64")}`)
    .join(" ");
}

/** The secrets of a file, one a line. @throws JamesError FILE_UNREADABLE, CONFIG_INVALID */
export function readSecrets(path: string): readonly Buffer[] {
  const lines = readText(path, NAME_SECRETS)
    .split("\n")
    .map((line) => line.trim());
  const secrets = lines.filter((line) => line !== "").map(secretOf);
  const isSound = secrets.length > 0 && secrets.length <= MOST_SECRETS;
  if (isSound && secrets.every((secret) => secret.length >= LEAST && secret.length <= MOST)) return secrets;
  throw new JamesError("CONFIG_INVALID", `${path} holds no secrets for webhooks`, {
    hint: `Each line, up to ${MOST_SECRETS}, is whsec_ and ${LEAST} to ${MOST} bytes in base64: echo "whsec_$(openssl rand -base64 32)".`,
  });
}

function secretOf(line: string): Buffer {
  return Buffer.from(SECRET.exec(line)?.[1] ?? "", "base64");
}
