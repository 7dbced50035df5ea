import { appendFileSync, mkdirSync, renameSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { tableReader } from '../../../participant/readers/table.ts';
import type { RowItem } from '../../../participant/readers/table-row.ts';
import { unswNb15 } from '../../../participant/readers/table-unsw-nb15.ts';
import { zeekReader } from '../../../participant/readers/zeek.ts';
import { collect, samples, temporaryFolder, troubles, written } from './sources.ts';

const HEADER = '#fields\tname\n';

/** Reads until `count` items came, doing `then` after each. */
async function follow(path: string, count: number, then: (seen: number) => void): Promise<RowItem[]> {
  const stop = new AbortController();
  const items: RowItem[] = [];
  for await (const item of zeekReader.read(path, { follow: { until: stop.signal, interval: 5 } })) {
    items.push(item);
    then(items.length);
    if (items.length === count) stop.abort();
  }
  return items;
}

test('what is appended is read, over a rotation, a cut, and a file that is late', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'notice.log');
  setTimeout(() => written(folder, 'notice.log', `${HEADER}a\n`), 20);
  const items = await follow(path, 5, (seen) => {
    if (seen === 1) appendFileSync(path, 'b\n');
    if (seen === 2) {
      // A last line comes to the old file while it is being moved away.
      renameSync(path, join(folder, 'notice.1.log'));
      appendFileSync(join(folder, 'notice.1.log'), 'c\n');
      written(folder, 'notice.log', `${HEADER}d\n`);
    }
    if (seen === 4) {
      truncateSync(path);
      setTimeout(() => appendFileSync(path, `${HEADER}e\n`), 30);
    }
  });
  expect(samples(items).map(({ fields }) => fields.name)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(items.map(({ position }) => position)).toEqual([2, 3, 4, 2, 2]);
});

test('a file that is given up on is not begun again; the one that replaces it is read', async () => {
  const folder = temporaryFolder();
  const path = written(folder, 'notice.log', 'no log\n');
  const items = await follow(path, 2, (seen) => {
    if (seen !== 1) return;
    renameSync(path, join(folder, 'old'));
    setTimeout(() => written(folder, 'notice.log', `${HEADER}a\n`), 40);
  });
  expect(items.map(({ kind }) => kind)).toEqual(['refused', 'record']);
});

test('the line that was being written when following ended is said to be unfinished', async () => {
  const folder = temporaryFolder();
  const path = written(folder, 'notice.log', `${HEADER}a\nhalf a li`);
  const options = { follow: { until: AbortSignal.timeout(60), interval: 5 } };
  const items = await collect(zeekReader.read(path, options));
  expect(samples(items)).toHaveLength(1);
  expect(troubles(items)).toEqual(['3 The line was still being written when following ended.']);
});

test('a deadline ends the wait for a file that never comes', async () => {
  const path = join(temporaryFolder(), 'never.log');
  const options = { follow: { until: AbortSignal.timeout(30), interval: 5 } };
  expect(await collect(zeekReader.read(path, options))).toEqual([]);
});

test("the caller's signal ends a reading with its reason", async () => {
  const stop = new AbortController();
  async function* endless() {
    yield Buffer.from(HEADER);
    for (;;) yield Buffer.from('x\n');
  }
  const reading = (async () => {
    let count = 0;
    for await (const _ of zeekReader.read('-', { stdin: endless(), signal: stop.signal })) {
      if (++count === 100) stop.abort(new Error('enough'));
    }
  })();
  await expect(reading).rejects.toThrow('enough');
});

test('a folder is read in the order of its paths; what is no file is refused, hidden files are let be', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'b'));
  mkdirSync(join(folder, 'd'));
  written(folder, 'c.log.gz', gzipSync(`${HEADER}c\n`));
  written(folder, 'b/x.log', `${HEADER}b\n`);
  written(folder, 'a.log', `${HEADER}a\n`);
  written(folder, '.hidden', 'x');
  symlinkSync(join(folder, 'a.log'), join(folder, 'e.log'));
  symlinkSync(folder, join(folder, 'ring'));
  symlinkSync(join(folder, 'nowhere'), join(folder, 'z.log'));
  const items = await collect(zeekReader.read(folder));
  expect(samples(items).map(({ fields }) => fields.name)).toEqual(['a', 'b', 'c', 'a']);
  expect(samples(items)[2]?.format).toBe('zeek/c');
  expect(items.filter(({ kind }) => kind === 'refused').map(({ source }) => source)).toEqual([
    join(folder, 'ring'),
    join(folder, 'z.log'),
  ]);
});

test('a path that is not there is the one thing that throws', async () => {
  const read = collect(tableReader(unswNb15).read('/nowhere/flows.csv'));
  await expect(read).rejects.toMatchObject({ code: 'DATA_INVALID', message: /does not exist/ });
});
