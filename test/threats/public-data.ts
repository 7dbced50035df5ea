/** Public data sets, where they are there: `FEDWARD_DATA`, by default beside the project. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export function publicData(folder: string): { readonly path: string; readonly present: boolean } {
  const path = join(resolve(ROOT, process.env.FEDWARD_DATA ?? '../shared/data'), folder);
  return { path, present: existsSync(path) };
}
