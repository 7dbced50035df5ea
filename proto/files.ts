/** Files that a person named, read with one wording; and files that are there whole or not at all. */
import { open, readFile, rename, rm } from 'node:fs/promises';
import { FedwardError } from './errors.ts';

/**
 * @param what what the file is to the user, such as "The configuration".
 * @throws FedwardError `CONFIG_INVALID` that names the file and the system's reason.
 */
export async function readNamedFile(what: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FedwardError('CONFIG_INVALID', `${what} ${path} cannot be read: ${why}`, { cause });
  }
}

/**
 * Writes beside `path`, syncs and renames: whoever reads `path` sees all of it or what stood there before. On a failure
 * nothing is left.
 * @param mode of a new file. @default 0o666, less the process's mask
 * @throws the system's error.
 */
export async function writeWhole(path: string, content: Uint8Array | string, mode = 0o666): Promise<void> {
  const temporary = `${path}.${process.pid}.partial`;
  try {
    const file = await open(temporary, 'w', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}
