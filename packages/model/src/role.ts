/** What the holder of a certificate may be. */
export const ROLES = ["device", "operator", "viewer"] as const;

/** What somebody may do; read from the certificate (docs/security.md). */
export type Role = (typeof ROLES)[number];
