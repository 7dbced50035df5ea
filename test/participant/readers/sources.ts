/** Files and streams for the readers' tests, and what readers make of them. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import type { RowItem, RowReader, RowReadOptions } from '../../../participant/readers/table-row.ts';
import type { RowSample } from '../../../threats/record.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The official data sets, which are never part of the project. */
export const DATA = process.env.FEDWARD_DATA ?? join(ROOT, '../shared/data');
export const hasData = existsSync(join(DATA, 'SHA256SUMS'));
export const WITHOUT_DATA = hasData ? '' : ` (skipped: no data in ${DATA}; set FEDWARD_DATA)`;

export const fixture = (name: string) => join(ROOT, 'test/fixtures/readers', name);

/** A folder that goes when the file's tests are over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fedward-readers-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function* chunksOf(bytes: Uint8Array, size = 64 * 1024): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What `reader` makes of `content`, given by standard input. */
export function readText(
  reader: RowReader,
  content: string | Uint8Array,
  options: RowReadOptions = {},
  chunk?: number,
): Promise<RowItem[]> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return collect(reader.read('-', { ...options, stdin: chunksOf(bytes, chunk) }));
}

export function samples(items: readonly RowItem[]): RowSample[] {
  return items.flatMap((item) => (item.kind === 'record' ? [item.sample] : []));
}

/** `position:column reason` of each refusal, `position note` of each note. */
export function troubles(items: readonly RowItem[]): string[] {
  return items.flatMap((item) => {
    if (item.kind === 'record') return item.note === null ? [] : [`${item.position} ${item.note}`];
    return [`${item.position}${item.column === null ? '' : `:${item.column}`} ${item.reason}`];
  });
}

export function written(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
