/** Whether what lies at a path can be looked at before it is read: of a pipe, what was looked at is gone. */
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { FedwardError } from '../../proto/errors.ts';
import { printable } from '../cli/printable.ts';

export interface Named {
  readonly reader?: string | undefined;
  readonly mapping?: string | undefined;
}

/** @throws FedwardError `INVALID_ARGUMENT` for a pipe or a device whose format would have to be told by content. */
export async function checkLookAhead(path: string, { reader, mapping }: Named): Promise<void> {
  if (path === '-' || reader !== undefined) return;
  const found = await statOrNull(path);
  if (found === null || found.isFile() || found.isDirectory()) return;
  const what = `${printable(path)} is a pipe or a device, which can be read only once.`;
  throw new FedwardError(
    'INVALID_ARGUMENT',
    mapping === undefined
      ? `${what} Its format cannot be told by its content: name --reader.`
      : `${what} To read it by a mapping file, give it as standard input, "-".`,
  );
}

/** Null where there is nothing, or nothing that may be seen: who reads it says why. */
export async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch {
    return null;
  }
}
