import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { JamesError, serverCertificateProblem } from "@jamesd/model";

/** Why the other side is not the server that is meant; undefined when it is. For `checkServerIdentity` of `node:tls`. */
export function checkServer(name: string, certificate: PeerCertificate): Error | undefined {
  const { ext_key_usage: usages, subject } = certificate;
  const problem = serverCertificateProblem({ usages, units: listOf(subject?.OU) });
  if (problem === undefined) return checkServerIdentity(name, certificate);
  return new JamesError("SERVER_IDENTITY", `who answers did not prove to be the server: ${problem}`, {
    hint: "Give jamesd a certificate of pkitool --add-server, or one with extendedKeyUsage=serverAuth.",
  });
}

function listOf(value: string | string[] | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat();
}
