export { type Authority, makeAuthority, openAuthority, type PemPair } from "./authority.ts";
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
  type Purpose,
} from "./credentials.ts";
export { type Identity, identityOf, type RoleSettings, readIdentity } from "./identity.ts";
export { DEFAULT_SAN, parseSan, type SanEntry } from "./san.ts";
export { parseSubjectName } from "./subject.ts";
