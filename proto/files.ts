/** Reading what a person named: the one place that words "it cannot be read". */
import { readFile } from 'node:fs/promises';
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
