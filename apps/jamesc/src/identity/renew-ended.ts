import { type CallOptions, type CertificateReply, Client, type Way } from "@jamesd/protocol/device";
import { ENROLL_WIRE } from "@jamesd/protocol/enroll";
import type { DeviceIdentity } from "./device-identity.ts";

/** Asks for another certificate with one that has ended, at the listener for joining. @throws JamesError */
export async function renewEnded(
  server: { readonly address: Way; readonly serverName: string },
  { credentials: { ca, cert, key } }: DeviceIdentity,
  call: CallOptions & { readonly body: { readonly request: string } },
): Promise<CertificateReply> {
  const client = new Client({ ...server, wire: ENROLL_WIRE, ca, cert, key });
  try {
    return await client.call("renewEnded", call);
  } finally {
    client.close();
  }
}
