import { JamesError } from "@jamesd/model";
import { type Credentials, endingSoon } from "@jamesd/pki/credentials";
import { Client, DEVICE_WIRE, type DeviceClient } from "@jamesd/protocol/device";
import type { Settings } from "./config.ts";
import { explainConnection, readDeviceIdentity } from "./identity.ts";

/** How this device proves who it is: its certificates, which may be replaced while it runs, and the client that uses them. */
export class Proof {
  readonly client: DeviceClient;
  readonly #deviceId: string;
  #credentials: Credentials;

  constructor({ address, serverName, credentials, deviceId }: Settings) {
    const { ca, cert, key } = credentials;
    const explain = (error: JamesError) => explainConnection(this.#credentials, error, Date.now());
    this.client = new Client({ wire: DEVICE_WIRE, address, serverName, ca, cert, key, explain });
    this.#deviceId = deviceId;
    this.#credentials = credentials;
  }

  /** What to say when its certificate, or an issuer's, ends soon; undefined else. `now` in milliseconds since the epoch. */
  endingSoon(now: number): string | undefined {
    return endingSoon(this.#credentials, now);
  }

  /** Reads the files again. @throws JamesError as `readDeviceIdentity`; CERTIFICATE_INVALID when they are another device's */
  reload(): void {
    const { credentials, deviceId } = readDeviceIdentity(this.#credentials.paths);
    if (deviceId !== this.#deviceId)
      throw new JamesError(
        "CERTIFICATE_INVALID",
        `${credentials.paths.cert} is the certificate of ${deviceId}, and this agent is ${this.#deviceId}`,
        { hint: "To make it another device, stop jamesc and give it another --state-dir." },
      );
    this.#credentials = credentials;
    this.client.renew(credentials);
  }
}
