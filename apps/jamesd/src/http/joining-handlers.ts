import { JamesError } from "@jamesd/model";
import type { Approvals } from "../enrollment/approvals.ts";
import type { EnrollTokens } from "../enrollment/enroll-tokens.ts";
import type { Renewals } from "../enrollment/renewals.ts";
import { renewalNotOffered } from "../fleet/problem.ts";
import type { Handlers } from "./call.ts";
import { JSON_TYPE, Reply, UNCACHED } from "./reply.ts";
import { wireJoined } from "./v1/joined.ts";
import { certificateOf, wireEnrollment, wireEnrollToken } from "./v1/joining.ts";

/** What operators let devices join with; undefined: this server has no authority for devices. */
export interface JoiningServices {
  readonly enrollTokens: EnrollTokens;
  readonly approvals: Approvals;
  readonly renewals: Renewals;
  /** Who vouches for the server, as it is now, in PEM. */
  readonly authorities: () => string;
  /** The port on which devices ask to join; undefined: on none. */
  readonly port: () => number | undefined;
}

/** The routes by which operators let devices join. */
export type JoiningHandlers = Pick<
  Handlers,
  | "makeEnrollToken"
  | "listEnrollTokens"
  | "revokeEnrollToken"
  | "listEnrollments"
  | "approveEnrollment"
  | "rejectEnrollment"
  | "addCertificate"
  | "renewCertificate"
>;

/** The handlers of these routes; without services each says that nobody can join here. */
export function makeJoiningHandlers(services: JoiningServices | undefined): JoiningHandlers {
  const offered = (): JoiningServices => services ?? notOffered();
  return {
    renewCertificate: async ({ body, origin, holder, spendNews }) => {
      if (!services) throw renewalNotOffered();
      const { renewals, authorities } = services;
      spendNews();
      const { status, body: answer } = wireJoined(
        await renewals.renew(body.request, holder.shown(), origin),
        authorities,
      );
      return new Reply(status, { ...UNCACHED, ...JSON_TYPE }, JSON.stringify(answer));
    },
    makeEnrollToken: async ({ body: { id, ...request }, origin }) => {
      const { enrollTokens, port } = offered();
      const { token, secret } = await enrollTokens.make({ ...request, device: id }, origin);
      return { ...wireEnrollToken(token), secret, port: port() ?? null };
    },
    listEnrollTokens: async () => (await offered().enrollTokens.list()).map(wireEnrollToken),
    revokeEnrollToken: async ({ params: { token = "" }, origin }) =>
      wireEnrollToken(await offered().enrollTokens.revoke(token, origin)),
    listEnrollments: async ({ origin }) => (await offered().approvals.list(origin.time)).map(wireEnrollment),
    approveEnrollment: async ({ body: { id, expected, forMs, ...request }, origin }) =>
      wireEnrollment(
        await offered().approvals.approve({ ...request, device: id, isExpected: expected, forMs }, origin),
      ),
    rejectEnrollment: async ({ body: { id, fingerprint }, origin }) =>
      wireEnrollment(await offered().approvals.reject({ device: id, fingerprint }, origin)),
    addCertificate: async ({ body, origin }) => {
      const { device, fingerprint, ends } = await offered().approvals.addCertificate(
        certificateOf(body.certificate),
        origin,
      );
      return { id: device, fingerprint, ends };
    },
  };
}

function notOffered(): never {
  throw new JamesError("ENROLLMENT_NOT_OFFERED", "this server has no authority for devices", {
    hint: "Make one with pkitool --init-device-ca, and start jamesd with --device-ca, --device-ca-key and --enroll-addr.",
  });
}
