export {
  type Authority,
  makeAuthority,
  makeDeviceAuthority,
  openAuthority,
  type PemPair,
} from "./authority.ts";
export {
  type CertificateKind,
  type CertificateRequest,
  DEFAULT_DAYS,
  issueCertificate,
} from "./certificate.ts";
export {
  type CredentialPaths,
  type Credentials,
  checkCredentials,
  loadCredentials,
} from "./credentials.ts";
export { issueForRequest, type Period } from "./device-certificate.ts";
export { type Identity, identityOf, type RoleSettings, readIdentity } from "./identity.ts";
export { keyFingerprint } from "./public-key.ts";
export type { Purpose } from "./purpose.ts";
export { DEFAULT_SAN, parseSan, type SanEntry } from "./san.ts";
export { makeSigningRequest, readSigningRequest, type SigningRequest } from "./signing-request.ts";
export { parseSubjectName } from "./subject.ts";
export type { Authorities } from "./vouching.ts";
