import type { FleetCensus } from "../fleet/fleet-census.ts";
import type { RevocationFile } from "../http/revocation-file.ts";
import type { UsedCertificate } from "../http/tls-files.ts";
import type { Families, Readings } from "./family.ts";

/** When certificates end, and lists of revoked ones. */
export const CERTIFICATE_FAMILIES = {
  jamesd_certificate_expiry_timestamp_seconds: {
    type: "gauge",
    help: "when a certificate of the server ends: its own (server), what is between that and its authority (chain), the authorities in --ca (ca) and in --device-ca (device-ca)",
    labels: ["use", "subject", "serial"],
  },
  jamesd_crl_next_update_timestamp_seconds: {
    type: "gauge",
    help: "until when a list in --crl is good",
    labels: ["issuer"],
  },
  jamesd_device_certificates: {
    type: "gauge",
    help: "known devices by the certificate that each came with last: good, ends-soon (within 30 days), ended, or unknown",
    labels: ["state"],
  },
  jamesd_device_certificates_late: {
    type: "gauge",
    help: "known devices that need another certificate: it has ended or ends soon, and was not renewed when it should have been",
    labels: [],
  },
} as const satisfies Families;

/** What certificates are read from. */
export interface CertificateSources {
  readonly tls: { readonly used: readonly UsedCertificate[] };
  /** Undefined without --crl. */
  readonly revoked: Pick<RevocationFile, "nextUpdates"> | undefined;
  readonly census: FleetCensus;
}

/** Reads them. */
export function certificateReadings({
  tls,
  revoked,
  census,
}: CertificateSources): Readings<typeof CERTIFICATE_FAMILIES> {
  return {
    jamesd_certificate_expiry_timestamp_seconds: () =>
      tls.used.map(({ ends, ...labels }) => ({ labels, value: ends / 1000 })),
    jamesd_crl_next_update_timestamp_seconds: () =>
      (revoked?.nextUpdates ?? []).map(({ issuer, nextUpdate }) => ({
        labels: { issuer },
        value: nextUpdate / 1000,
      })),
    jamesd_device_certificates: async () =>
      Object.entries((await census.counts()).certificates).map(([state, value]) => ({
        labels: { state },
        value,
      })),
    jamesd_device_certificates_late: async () => (await census.counts()).lateCertificates,
  };
}
