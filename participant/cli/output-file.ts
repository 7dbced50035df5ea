/** A file that a command writes: whole or not at all, and never in place of anything but a file. */
import { stat } from 'node:fs/promises';
import { FedwardError } from '../../proto/errors.ts';
import { writeWhole } from '../../proto/files.ts';
import { printable } from './printable.ts';

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'the folder does not exist',
  EEXIST: 'what should be its folder is a file',
  ENOTDIR: 'what should be its folder is a file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  ENAMETOOLONG: 'the name is too long',
};

/**
 * The error for a person, when the system refused to write what they named.
 * @returns the error itself when it is anything else: a defect must not look like a full disk.
 */
export function writeFault(option: string, path: string, error: unknown): unknown {
  const { code } = error as { code?: unknown };
  if (error instanceof FedwardError || typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return error;
  const why = WHY[code] ?? code;
  return new FedwardError('INVALID_ARGUMENT', `${option} ${printable(path)} cannot be written: ${why}.`, {
    cause: error,
  });
}

/** @throws FedwardError `INVALID_ARGUMENT` when what stands at `path` is no file: a device must not be replaced. */
export async function checkOutput(option: string, path: string): Promise<void> {
  if (path === '-') {
    throw new FedwardError('INVALID_ARGUMENT', `${option} must be a file, not standard output.`);
  }
  let isFile: boolean;
  try {
    isFile = (await stat(path)).isFile();
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return;
    throw writeFault(option, path, error);
  }
  if (isFile) return;
  throw new FedwardError(
    'INVALID_ARGUMENT',
    `${option} ${printable(path)} is there already, and is no file.`,
  );
}

/** @throws FedwardError `INVALID_ARGUMENT` that names the option and what the system said; nothing is left then. */
export async function writeOutput(option: string, path: string, bytes: Uint8Array): Promise<void> {
  await checkOutput(option, path);
  try {
    await writeWhole(path, bytes);
  } catch (error) {
    throw writeFault(option, path, error);
  }
}
