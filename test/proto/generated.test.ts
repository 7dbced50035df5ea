import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../scripts/generate-proto.mjs', import.meta.url));
const COMMITTED = fileURLToPath(new URL('../../proto/generated/', import.meta.url));

/** Text of every file below a folder, by its path in it. */
async function contents(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(
    paths.map(async (path) => [path.slice(folder.length).replace(/^\//, ''), await readFile(path, 'utf8')]),
  );
  return Object.fromEntries(texts);
}

it('the committed types are what the schema generates, file for file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fedward-proto-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await promisify(execFile)(process.execPath, [SCRIPT, folder]);
  const generated = await contents(folder);
  expect(Object.keys(generated).length).toBeGreaterThan(20);
  expect(await contents(COMMITTED)).toEqual(generated);
});
