/** Which files a reader reads, and in what order: rotations first, from the oldest. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesIn } from '../../../participant/readers/log-files.ts';
import { suricataReader } from '../../../participant/readers/suricata.ts';
import { collect, samples, temporaryFolder, written } from './sources.ts';

/** Names below a folder that has just them, in their order. */
async function order(...names: string[]): Promise<string[]> {
  const folder = temporaryFolder();
  for (const name of names) written(folder, name, '');
  return (await filesIn(folder)).map((file) => file.slice(folder.length + 1));
}

test('a numbered rotation is read from the highest number down to the live file', async () => {
  expect(
    await order('audit.log', 'audit.log.1', 'audit.log.2.gz', 'audit.log.10.gz', 'audit.log.0', 'b'),
  ).toEqual(['audit.log.10.gz', 'audit.log.2.gz', 'audit.log.1', 'audit.log.0', 'audit.log', 'b']);
});

test('a dated rotation is read upwards, the live file last, whether it is dated before or after the extension', async () => {
  expect(
    await order('x.log', 'x-20260301.log', 'x-20260228.log', 'y', 'y-20260301', 'y-20260228.gz'),
  ).toEqual(['x-20260228.log', 'x-20260301.log', 'x.log', 'y-20260228.gz', 'y-20260301', 'y']);
  const zeek = ['conn.2026-02-28-23-00-00.log.gz', 'conn.2026-03-01-00-00-00.log.gz', 'conn.log'];
  expect(await order(...zeek.toReversed())).toEqual(zeek);
  const tomcat = ['out.2026-03-01-09', 'out.2026-03-01-10', 'out'];
  expect(await order(...tomcat.toReversed())).toEqual(tomcat);
});

test('parts, years, addresses and folders are no rotations', async () => {
  for (const names of [
    ['part.000', 'part.001', 'part.002'],
    ['log.2024', 'log.2025', 'log.2026'],
    ['10.0.0.1', '10.0.0.2'],
    ['UNSW_1.csv', 'UNSW_2.csv'],
  ])
    expect(await order(...names)).toEqual(names);
  const folder = temporaryFolder();
  for (const name of ['v.1', 'v.2']) {
    mkdirSync(join(folder, name));
    written(folder, `${name}/x`, '');
  }
  expect(await filesIn(folder)).toEqual([join(folder, 'v.1/x'), join(folder, 'v.2/x')]);
});

test('links to files are followed; hidden files, links to folders and to nothing are left out', async () => {
  const folder = temporaryFolder();
  const other = temporaryFolder();
  const elsewhere = written(other, 'elsewhere', '');
  const path = written(folder, 'a.log', '');
  written(folder, '.hidden', '');
  symlinkSync(elsewhere, join(folder, 'b.log'));
  symlinkSync(other, join(folder, 'c'));
  symlinkSync(join(other, 'nowhere'), join(folder, 'd.log'));
  expect(await filesIn(folder)).toEqual([path, join(folder, 'b.log')]);
  expect(await filesIn(path)).toEqual([path]);
  await expect(filesIn(join(folder, 'none'))).rejects.toMatchObject({ code: 'DATA_INVALID' });
});

test('readers read a rotation in the order of time', async () => {
  const folder = temporaryFolder();
  for (const [name, ts] of [
    ['eve.json', 3],
    ['eve.json.1', 2],
    ['eve.json.2', 1],
  ] as const)
    written(folder, name, `{"event_type":"flow","ts":${ts}}\n`);
  expect(samples(await collect(suricataReader.read(folder))).map(({ fields }) => fields.ts)).toEqual([
    1, 2, 3,
  ]);
});
