/** Why a source cannot be read further, in one sentence that never quotes what stands in it. */

/** Ends the reading of one source; the reader turns it into a located refusal and goes on with the next. */
export class SourceFault extends Error {
  override readonly name = 'SourceFault';
}

const KNOWN: Readonly<Record<string, string>> = {
  ENOENT: 'The file does not exist.',
  EACCES: 'The file cannot be read: permission denied.',
  EPERM: 'The file cannot be read: permission denied.',
  EISDIR: 'The path is a folder.',
  Z_BUF_ERROR: 'The gzip data ends in the middle: the file is truncated. Fetch it again.',
  Z_DATA_ERROR: 'The gzip data is damaged. Fetch it again.',
  Z_NEED_DICT: 'The gzip data needs a dictionary, which log files never use.',
};

/**
 * The sentence for `error`, when it is the source's fault.
 * @throws the error itself when it is anything else: a defect must not look like bad data.
 */
export function faultReason(error: unknown): string {
  if (error instanceof SourceFault) return error.message;
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || !/^(E[A-Z0-9]+|Z_[A-Z_]+)$/.test(code)) throw error;
  return KNOWN[code] ?? `The file cannot be read: ${code}.`;
}
