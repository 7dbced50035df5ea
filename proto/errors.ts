/**
 * Every refusal in Fedward has a stable code, a sentence that says what to do, and an exit code.
 *
 * Codes are part of the interface: they appear on the wire, in logs and in `--format json`, and never
 * change meaning. The map to exit codes is exhaustive by type.
 */

export const EXIT_CODES = {
  /** A defect or an unforeseen condition. */
  UNEXPECTED: 1,
  /** An argument of a library call or command has the wrong kind or value. */
  INVALID_ARGUMENT: 2,
  /** A configuration file or environment variable is wrong. */
  CONFIG_INVALID: 2,
  /** Data could not be read as what it claims to be. */
  DATA_INVALID: 2,
  /** The hospital's own site policy forbids what the plan asks. */
  POLICY_REFUSED: 3,
  /** The ledger has no budget left for this charge. */
  BUDGET_EXHAUSTED: 4,
  /** Fewer hospitals remain than the plan's threshold. */
  QUORUM_LOST: 5,
  /** A hash chain does not verify: history was changed. */
  AUDIT_BROKEN: 6,
  /** The other side cannot be reached within the deadline. */
  UNREACHABLE: 7,
  /** The peer's certificate or identity key does not entitle it. */
  UNAUTHORISED: 8,
  /** The peer sent something that the protocol forbids. */
  PROTOCOL_VIOLATION: 1,
  /** The update, noise or session was used already; it must not be used again (DESIGN §1.4). */
  ALREADY_SPENT: 1,
  /** A wait ended without an answer. */
  DEADLINE_EXCEEDED: 1,
  /** The round was given up; another attempt may follow. */
  ROUND_ABORTED: 1,
} as const;

export type ErrorCode = keyof typeof EXIT_CODES;

export interface FedwardErrorOptions extends ErrorOptions {
  /** Facts for logs and JSON output. Must never hold a secret or a record. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The one error class: what went wrong and what to do about it, in whole sentences. */
export class FedwardError extends Error {
  override readonly name = 'FedwardError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: FedwardErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.details = options.details ?? {};
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}

export function isErrorCode(value: string): value is ErrorCode {
  return Object.hasOwn(EXIT_CODES, value);
}
