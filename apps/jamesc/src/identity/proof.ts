import { JamesError } from "@jamesd/model";
import { endingSoon } from "@jamesd/pki/credentials";
import { Client, DEVICE_WIRE, type DeviceClient, type Way } from "@jamesd/protocol/device";
import { type Choice, chooseIdentity, type IdentityPlaces } from "./choose.ts";
import { type DeviceIdentity, explainConnection } from "./device-identity.ts";
import type { PendingRequest } from "./saved-identity.ts";

/** The server, and who this device is when it starts. */
interface ProofSettings {
  readonly address: Way;
  readonly serverName: string;
  readonly places: IdentityPlaces;
  readonly choice: Choice;
}

/** How this device proves who it is: its identity, which may be replaced while it runs, and the client that uses it. */
export class Proof {
  readonly client: DeviceClient;
  readonly #server: Pick<ProofSettings, "address" | "serverName">;
  readonly #places: IdentityPlaces;
  #choice: Choice;
  #isBefore = false;

  constructor({ address, serverName, places, choice }: ProofSettings) {
    const { ca, cert, key } = choice.identity.credentials;
    const explain = (error: JamesError) => explainConnection(this.identity.credentials, error, Date.now());
    this.client = new Client({ wire: DEVICE_WIRE, address, serverName, ca, cert, key, explain });
    this.#server = { address, serverName };
    this.#places = places;
    this.#choice = choice;
  }

  /** The one that is used. */
  get identity(): DeviceIdentity {
    const { identity, before } = this.#choice;
    return this.#isBefore && before ? before : identity;
  }

  /** There are two, one new and one of before, and the server has yet to say by which it knows this device: the one that is not used. */
  get other(): DeviceIdentity | undefined {
    const { identity, before } = this.#choice;
    return before && (this.#isBefore ? identity : before);
  }

  /** True when the server knows this device by the other one; it is asked nothing but that, by which nobody is taken for a clone. */
  async isKnownByOther(signal: AbortSignal): Promise<boolean> {
    const { other } = this;
    if (!other) return false;
    const { ca, cert, key } = other.credentials;
    const client = new Client({ wire: DEVICE_WIRE, ...this.#server, ca, cert, key });
    try {
      await client.call("ping", { signal });
      return true;
    } catch {
      return false;
    } finally {
      client.close();
    }
  }

  /** The request for another certificate that is under way, as it was when the files were read. */
  get pending(): PendingRequest | undefined {
    return this.#choice.pending;
  }

  /** What to say when its certificate, or an issuer's, ends soon; undefined else. `now` in milliseconds since the epoch. */
  endingSoon(now: number): string | undefined {
    return endingSoon(this.identity.credentials, now);
  }

  /** Reads the files again. @throws JamesError as `chooseIdentity`; CERTIFICATE_INVALID when they are another device's */
  reload(): void {
    const choice = chooseIdentity(this.#places);
    const { deviceId, credentials } = choice.identity;
    if (deviceId !== this.identity.deviceId)
      throw new JamesError(
        "CERTIFICATE_INVALID",
        `${credentials.paths.cert} is the certificate of ${deviceId}, and this agent is ${this.identity.deviceId}`,
        { hint: "To make it another device, stop jamesc and give it another --state-dir." },
      );
    this.#use(choice, false);
  }

  /** Uses the other one of two. */
  turn(): void {
    this.#use(this.#choice, !this.#isBefore);
  }

  #use(choice: Choice, isBefore: boolean): void {
    const used = this.identity.credentials;
    this.#choice = choice;
    this.#isBefore = isBefore;
    const { credentials } = this.identity;
    const isOther = (["cert", "key", "ca"] as const).some((name) => credentials[name] !== used[name]);
    if (isOther) this.client.renew(credentials);
  }
}
