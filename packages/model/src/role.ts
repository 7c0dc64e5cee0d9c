/** What the holder of a certificate may be. */
export const ROLES = ["device", "operator", "viewer"] as const;

/** What somebody may do; read from the certificate (docs/security.md). */
export type Role = (typeof ROLES)[number];

/** A role in a sentence: an operator. */
export function roleText(role: Role): string {
  return role === "operator" ? `an ${role}` : `a ${role}`;
}
