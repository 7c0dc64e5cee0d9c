/** Take away what later versions of the tables have more than the tenth, the ninth, and the sixth. */
export const SINCE_THE_TENTH = [
  "DROP TABLE webhooks",
  "DROP INDEX devices_rows",
  "ALTER TABLE devices DROP COLUMN apps_digest",
  "DROP TABLE awaited_devices",
  "DROP TABLE enrollments",
  "DROP TABLE enroll_tokens",
  "ALTER TABLE devices DROP COLUMN renew",
  "ALTER TABLE devices DROP COLUMN cert_serial",
  "ALTER TABLE devices DROP COLUMN cert_issuer",
  "DROP TABLE device_certificates",
  "DROP INDEX deltas_by_digest",
  "DROP INDEX whole_bundles_by_digest",
  "ALTER TABLE devices DROP COLUMN reinstall",
  "ALTER TABLE devices DROP COLUMN given_tags",
  "ALTER TABLE devices DROP COLUMN go",
  "ALTER TABLE devices DROP COLUMN verify",
  "ALTER TABLE devices DROP COLUMN drift",
  "DROP TABLE revocations",
  "ALTER TABLE devices DROP COLUMN unmerged",
  "ALTER TABLE devices DROP COLUMN cert_ends",
  "DROP TABLE changes",
  "DROP TABLE feed",
  "ALTER TABLE devices DROP COLUMN features",
].join("; ");
export const SINCE_THE_NINTH = `${SINCE_THE_TENTH}; DROP TABLE history; ALTER TABLE devices DROP COLUMN standing`;
export const SINCE_THE_SIXTH = `${SINCE_THE_NINTH}; DROP TABLE requests; DROP TABLE whole_bundles; ALTER TABLE deltas DROP COLUMN used`;
