import type { AddressInfo } from "node:net";
import { JamesError } from "@jamesd/model";
import type { RoleSettings } from "@jamesd/pki/identity";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import { Approvals } from "./enrollment/approvals.ts";
import type { DeviceAuthority } from "./enrollment/device-authority.ts";
import { EnrollTokens } from "./enrollment/enroll-tokens.ts";
import { Joining } from "./enrollment/joining.ts";
import { Renewals } from "./enrollment/renewals.ts";
import type { Fleet } from "./fleet/fleet.ts";
import { addressGroup } from "./http/address-group.ts";
import type { Deadlines } from "./http/deadlines.ts";
import { makeEnrollApp } from "./http/enroll-app.ts";
import { makeEnrollBounds } from "./http/enroll-bounds.ts";
import { makeEnrollHandlers } from "./http/enroll-handlers.ts";
import type { JoiningServices } from "./http/joining-handlers.ts";
import { Listener } from "./http/listener.ts";
import type { TlsFiles } from "./http/tls-files.ts";
import type { Repository } from "./repository/repository.ts";
import type { Part } from "./running/opened.ts";

/** What devices join a server with. */
export interface JoiningServerParts {
  readonly repository: Repository;
  readonly fleet: Fleet;
  readonly authority: DeviceAuthority;
  readonly tls: TlsFiles;
  readonly deadlines: Deadlines;
  /** So many files the process may have open. */
  readonly descriptors: number;
  readonly log: Logger;
  readonly roles: RoleSettings;
  /** As of `Renewals`. */
  readonly renewExpiredMs: number;
}

/** How devices join a server: what operators do for that, and the address where devices ask. */
export class JoiningServer implements Part {
  readonly services: JoiningServices;
  readonly #listener: Listener;
  #address: AddressInfo | undefined;

  constructor(parts: JoiningServerParts) {
    const { repository, fleet, authority, tls, deadlines, descriptors, log, roles, renewExpiredMs } = parts;
    const { locks, follower } = fleet;
    const bounds = makeEnrollBounds(descriptors, log);
    const tokens = new EnrollTokens(repository.enrollTokens, () => tls.voucher);
    const joining = new Joining({
      ...{ repository, tokens, authority, locks, follower, random: Math.random },
      spendWaiting: (place) => bounds.waiting.spend(place, 1),
      spendSigning: (device) => bounds.signing.spend(device, 1),
    });
    const authorities = (): string => tls.authorities;
    const { devices, presence, replacing } = fleet;
    const renewals = new Renewals({
      ...{ authority, store: repository.certificates, devices, presence, follower, locks, replacing },
      ...{ roles, renewExpiredMs },
      queue: (asked, origin) => joining.askAgain(asked, { ...origin, place: addressGroup(origin.address) }),
    });
    const handlers = makeEnrollHandlers({ joining, renewals, authorities });
    const app = makeEnrollApp({ tls: tls.context, handlers, bounds, deadlines, log, now: Date.now });
    this.#listener = new Listener(app, "--enroll-addr");
    this.services = {
      enrollTokens: tokens,
      approvals: new Approvals({ repository, authority, follower }),
      ...{ renewals, authorities },
      port: () => this.#address?.port,
    };
  }

  /** Asks devices in there; undefined: nowhere. @throws JamesError ADDRESS_IN_USE */
  async listen(written: string | undefined): Promise<AddressInfo | undefined> {
    if (written !== undefined) this.#address = await this.#listener.listen(written);
    return this.#address;
  }

  /** As that of `Listener`. */
  takeOver(tls: TlsFiles, isNarrower: boolean): void {
    this.#listener.takeOver(tls, isNarrower);
  }

  close(): Promise<void> {
    return this.#listener.close();
  }
}

/** The authority for devices that the configuration names. @throws JamesError USAGE, FILE_UNREADABLE, CERTIFICATE_INVALID */
export async function openDeviceAuthority({
  deviceCa,
  deviceCaKey,
  deviceLifetime,
  enrollAddr,
  ca,
}: Config): Promise<DeviceAuthority | undefined> {
  if (deviceCa !== undefined) {
    // What signs takes a library that nobody else needs.
    const { DeviceAuthority } = await import("./enrollment/device-authority.ts");
    return new DeviceAuthority({ cert: deviceCa, key: deviceCaKey, lifetimeMs: deviceLifetime, ca });
  }
  const needy =
    deviceCaKey !== undefined ? "--device-ca-key" : enrollAddr !== undefined ? "--enroll-addr" : "";
  if (needy === "") return undefined;
  throw new JamesError("USAGE", `${needy} is of no use without --device-ca`, {
    hint: "Make an authority for devices with pkitool --init-device-ca, and name its certificate.",
  });
}
