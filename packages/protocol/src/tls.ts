import { constants } from "node:crypto";
import type { SecureContextOptions } from "node:tls";

/** Suites that encrypt and authenticate in one (AEAD), with keys that are gone afterwards: all of TLS 1.3, and these of 1.2. */
const CIPHERS = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

/** How both sides speak TLS. Nobody renegotiates: it costs the server a handshake each time, and may change who is there. */
export const TLS = {
  minVersion: "TLSv1.2",
  ciphers: CIPHERS,
  // Read when it is needed: a bundle loads cryptography with it, which no command needs for its help.
  get secureOptions() {
    return constants.SSL_OP_NO_RENEGOTIATION;
  },
} as const satisfies SecureContextOptions;
