/**
 * The one error class of the project. Whatever reaches a person or crosses the wire is a `JamesError`:
 * a stable `code` to look up in docs/errors.md, a `message` that names the thing, a `hint` that names the way out.
 */

/** What kind of failure a code stands for; it decides the HTTP status and the exit code (see docs/errors.md). */
export type ErrorClass =
  | "input"
  | "identity"
  | "forbidden"
  | "missing"
  | "conflict"
  | "device"
  | "unavailable"
  | "internal";

/** Every code there is, with its class. `test/docs.test.ts` proves that docs/errors.md describes each one. */
export const ERROR_CLASSES = {
  ARCHIVE_NOT_RECOGNISED: "input",
  ARCHIVE_TRUNCATED: "input",
  ARCHIVE_CORRUPT: "input",
  ARCHIVE_UNSAFE: "input",
  ARCHIVE_TOO_LARGE: "input",
  EXPORT_INVALID: "input",
  CONFFILE_INVALID: "input",
  VOLATILE_INVALID: "input",
  SCRIPT_INVALID: "input",
  USAGE: "input",
  CANCELLED: "input",
  CONFIRMATION_NEEDED: "input",
  INIT_UNKNOWN: "input",
  CONFIG_INVALID: "input",
  FILE_UNREADABLE: "input",
  FOLDER_UNSAFE: "input",
  FOLDER_FOREIGN: "input",
  NAME_INVALID: "input",
  TAG_INVALID: "input",
  SCOPE_INVALID: "input",
  ROLLOUT_INVALID: "input",
  ZONE_UNKNOWN: "input",
  REQUEST_INVALID: "input",
  STATE_INVALID: "input",
  APP_DUPLICATE: "input",
  FILE_EXISTS: "input",
  DIGEST_MISMATCH: "input",
  CERTIFICATE_INVALID: "identity",
  CERTIFICATE_REFUSED: "identity",
  CERTIFICATE_REPLACED: "identity",
  CERTIFICATE_REVOKED: "identity",
  SERVER_IDENTITY: "identity",
  ORIGIN_FORBIDDEN: "forbidden",
  ROLE_FORBIDDEN: "forbidden",
  SCOPE_EXCEEDED: "forbidden",
  FOUR_EYES: "forbidden",
  ENROLLMENT_REFUSED: "forbidden",
  DEVICE_UNKNOWN: "missing",
  PACKET_UNKNOWN: "missing",
  BLOB_UNKNOWN: "missing",
  REVISION_UNKNOWN: "missing",
  ROLLOUT_UNKNOWN: "missing",
  SPEC_UNKNOWN: "missing",
  REVOCATION_UNKNOWN: "missing",
  TOKEN_UNKNOWN: "missing",
  ENROLLMENT_UNKNOWN: "missing",
  PATH_UNKNOWN: "missing",
  APP_UNKNOWN: "missing",
  ROUTE_UNKNOWN: "missing",
  SERVICE_FAILED: "conflict",
  PACKET_CONFLICT: "conflict",
  PACKET_IN_USE: "conflict",
  DEVICE_IN_USE: "conflict",
  PACKET_AMBIGUOUS: "conflict",
  PATH_CONFLICT: "conflict",
  REVISION_CONFLICT: "conflict",
  HISTORY_UNKNOWN: "conflict",
  SPEC_CONFLICT: "conflict",
  STATE_TOO_LARGE: "conflict",
  UPLOAD_OFFSET: "conflict",
  ROLLOUT_STATUS: "conflict",
  ROLLOUT_ACTIVE: "conflict",
  ROLLOUT_REVERTED: "conflict",
  ROLLOUT_LIMIT: "conflict",
  TOO_MANY_AT_ONCE: "conflict",
  NO_PACKET_FULFILS: "conflict",
  AGENT_TOO_OLD: "conflict",
  DEVICE_DOUBLED: "conflict",
  RETRY_NOT_NEEDED: "conflict",
  APP_NOT_INSTALLED: "conflict",
  GO_NOT_NEEDED: "conflict",
  RENEWAL_NOT_OFFERED: "conflict",
  ENROLLMENT_NOT_OFFERED: "conflict",
  DASHBOARD_NOT_OFFERED: "conflict",
  SCRIPT_FAILED: "device",
  SCRIPT_TIMEOUT: "device",
  HEALTHCHECK_FAILED: "device",
  AGENT_UNFIT: "device",
  CONNECTIVITY_LOST: "device",
  PATH_NOT_OWNED: "device",
  PATH_UNSAFE: "device",
  STORAGE_FULL: "device",
  DEVICE_IO: "device",
  TRANSACTION_INTERRUPTED: "device",
  TRANSACTION_FAILED: "device",
  NOT_IN_SYNC: "device",
  ROLLOUT_STOPPED: "device",
  DRIFTED: "device",
  FORMAT_UNKNOWN: "device",
  ROLLBACK_FAILED: "device",
  RECOVERY_STOPPED: "device",
  STATE_DIR_LOCKED: "device",
  JOURNAL_CORRUPT: "device",
  ROOT_CHANGED: "device",
  MOUNT_CHANGED: "device",
  AGENT_REPLACED: "unavailable",
  ENROLLMENT_WAITING: "unavailable",
  WAIT_TIMEOUT: "unavailable",
  ROLLOUT_WAITING: "unavailable",
  SERVER_UNREACHABLE: "unavailable",
  PROXY_REFUSED: "unavailable",
  SERVER_BUSY: "unavailable",
  CHANGE_OVERTAKEN: "unavailable",
  SERVER_STOPPING: "unavailable",
  NOT_YET: "unavailable",
  PLAN_REPLACED: "unavailable",
  ADDRESS_IN_USE: "unavailable",
  DATA_LOCKED: "unavailable",
  STORE_CORRUPT: "internal",
  BLOB_DAMAGED: "internal",
  OUTPUT_LOST: "internal",
  REPLY_TOO_LARGE: "internal",
  DELTA_INVALID: "internal",
  INTERNAL: "internal",
} as const satisfies Record<string, ErrorClass>;

/** A stable, documented error code. */
export type ErrorCode = keyof typeof ERROR_CLASSES;

/** The wire and report form of an error. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

export interface ErrorDetail {
  /** What the person can do about it; one sentence. */
  readonly hint?: string | undefined;
  /** When to ask again, in milliseconds from now; travels as `Retry-After`, not in the body. */
  readonly retryAfterMs?: number | undefined;
  /** The error underneath, kept for logs; never shown to users. */
  readonly cause?: unknown;
  /** Of an error of another process whose code is not known here: what kind of failure it is all the same. */
  readonly class?: ErrorClass | undefined;
}

/** A failure with a documented code. Throw nothing else across a package boundary. */
export class JamesError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly class: ErrorClass;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = "JamesError";
    this.code = code;
    this.hint = detail.hint;
    this.retryAfterMs = detail.retryAfterMs;
    this.class = detail.class ?? ERROR_CLASSES[code];
  }

  /** The part that may leave the process: no stack, no cause. */
  toBody(): ErrorBody {
    const body: ErrorBody = { code: this.code, message: this.message };
    return this.hint === undefined ? body : { ...body, hint: this.hint };
  }

  /**
   * Rebuilds an error that another process sent. A code that only a later version knows becomes INTERNAL, is told in the
   * message, and counts as of the `class`, where that is known.
   */
  static fromBody(
    { code, message, hint }: { code: string; message: string; hint?: string | undefined },
    detail: Pick<ErrorDetail, "retryAfterMs" | "class"> = {},
  ): JamesError {
    if (isErrorCode(code)) return new JamesError(code, message, { hint, retryAfterMs: detail.retryAfterMs });
    return new JamesError("INTERNAL", `${message} (${code})`, { hint, ...detail });
  }

  /** Wraps anything that was thrown; a JamesError passes through unchanged. */
  static from(thrown: unknown, code: ErrorCode = "INTERNAL"): JamesError {
    if (thrown instanceof JamesError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new JamesError(code, message, { cause: thrown });
  }
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CLASSES, code);
}
