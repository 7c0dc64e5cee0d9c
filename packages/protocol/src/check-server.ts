import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { JamesError, serverCertificateProblem } from "@jamesd/model";

/** Why the other side is not the server that is meant; undefined when it is. For `checkServerIdentity` of `node:tls`. */
export function checkServer(name: string, certificate: PeerCertificate): Error | undefined {
  const { ext_key_usage: usages, subject } = certificate;
  const problem = serverCertificateProblem({ usages, units: listOf(subject?.OU) });
  if (problem === undefined)
    return isNamed(name, certificate) ? undefined : checkServerIdentity(name, certificate);
  return new JamesError("SERVER_IDENTITY", `who answers did not prove to be the server: ${problem}`, {
    hint: "Give jamesd a certificate of pkitool --add-server, or one with extendedKeyUsage=serverAuth.",
  });
}

/** Names that are written in one way alone: no address, no wildcard, nothing that is folded. */
const PLAIN_NAME = /^(?:[a-z\d-]+\.)*[a-z][a-z\d-]*$/;

/**
 * Whether the certificate says a plain name just so. Node finds that as well, but has what reads URLs look at each name
 * first: of an agent that waits half a megabyte.
 */
function isNamed(name: string, { subjectaltname: names = "" }: PeerCertificate): boolean {
  // Where one is quoted, a comma may be a part of it.
  if (!PLAIN_NAME.test(name) || names.includes('"')) return false;
  return names.split(", ").includes(`DNS:${name}`);
}

function listOf(value: string | string[] | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat();
}
