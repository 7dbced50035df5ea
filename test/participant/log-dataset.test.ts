import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { acceptQuality, type LogDatasetOptions, loadLogs } from '../../participant/log-dataset.ts';
import { enforceQuality, qualityLimitsSchema } from '../../participant/quality.ts';
import { fhirAuditReader } from '../../participant/readers/fhir-audit.ts';
import { tableReader } from '../../participant/readers/table.ts';
import { phishingWebsites } from '../../participant/readers/table-phishing.ts';
import { zeekReader } from '../../participant/readers/zeek.ts';
import { threatById } from '../../threats/catalogue.ts';
import { ehrAccess } from '../../threats/ehr-access/index.ts';
import type { LogThreat } from '../../threats/log-threat.ts';
import { networkFlows } from '../../threats/network-intrusion/network-flows.ts';
import { phishingWebsite } from '../../threats/phishing-website/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedward-logs-'));
afterAll(() => rmSync(folder, { recursive: true }));
let fresh = 0;

/** Options for a new file with these lines, and a new store. */
function logOf(lines: readonly string[]): LogDatasetOptions & { readonly path: string } {
  const home = join(folder, `${fresh++}`);
  mkdirSync(home);
  const path = join(home, 'sites.csv');
  writeFileSync(path, lines.join('\n'));
  return {
    threat: phishingWebsite,
    reader: tableReader(phishingWebsites),
    path,
    store: join(home, 'records'),
  };
}

/** Row `i` has the digits of i to base 3 as its judgements, so all differ; every third is phishing. */
function site(i: number, result = i % 3 === 0 ? '-1' : '1'): string {
  const digits = i.toString(3).padStart(30, '0');
  return [...[...digits].map((digit) => Number(digit) - 1), result].join();
}
const sites = (count: number) => Array.from({ length: count }, (_, i) => site(i));

test('every line becomes a record, is a repetition, or is refused with its place', async () => {
  const { source, quality, unusable } = await loadLogs(
    logOf([...sites(5), '1,2,3', site(2), site(9, '0'), site(2, '-1')]),
  );
  // The repetition is left out; the same site under another label is another record; a result of 0 is no label.
  expect([source.rows, source.classCounts, unusable]).toEqual([6, [3, 3], 1]);
  expect(quality.repeated).toEqual({ count: 1, exact: true });
  expect(quality.refused.count).toBe(1);
  expect(quality.refused.first[0]).toMatch(/sites\.csv:6 The row has 3 values; 31 are expected/);
  expect(quality.labels?.refused.first[0]).toMatch(/Result must be -1/);
  const { features, labels } = source.gather(Int32Array.of(0, 5));
  expect([...labels]).toEqual([1, 1]);
  const expected = new Float32Array(2 * 90);
  const cells = (i: number) => [...i.toString(3).padStart(30, '0')].map((digit) => Number(digit) - 1);
  [0, 2].forEach((i, row) => {
    for (const [field, value] of cells(i).entries()) expected[row * 90 + 3 * field + value + 1] = 1;
  });
  expect(features).toEqual(expected);
});

test('from a file or from memory, the records are the same', async () => {
  const options = logOf(sites(50));
  const inMemory = await loadLogs(options);
  const onDisk = await loadLogs({ ...options, memoryBytes: 0 });
  const rows = Int32Array.from({ length: 50 }, (_, i) => i);
  expect(onDisk.source.gather(rows)).toEqual(inMemory.source.gather(rows));
  expect(onDisk.source.classCounts).toEqual(inMemory.source.classCounts);
  onDisk.source.dispose();
});

test('logs are read again when they have changed, and only then; drift is told against the last time', async () => {
  const options = logOf(sites(300));
  let told = 0;
  const reader = {
    ...options.reader,
    readBatches: (...args: Parameters<typeof options.reader.readBatches>) => {
      told++;
      return options.reader.readBatches(...args);
    },
  };
  const first = await loadLogs({ ...options, reader });
  const second = await loadLogs({ ...options, reader });
  expect([told, first.reused, second.reused]).toEqual([1, false, true]);
  expect(second.quality).toEqual(JSON.parse(JSON.stringify(first.quality)));
  expect(first.quality.drift).toBeNull();
  const of = { threat: phishingWebsite.id, reader: options.reader.id };
  await acceptQuality(options.store, of, first.quality);
  appendFileSync(options.path, `\n${sites(900).slice(300).join('\n')}`);
  const third = await loadLogs({ ...options, reader });
  expect([told, third.reused, third.source.rows]).toEqual([2, false, 900]);
  expect(third.quality.drift?.lastRecords).toBe(300);
  // Not accepted, as when the site's limits refuse it: then it is no yardstick for the next time.
  appendFileSync(options.path, `\n${site(900)}`);
  expect((await loadLogs({ ...options, reader })).quality.drift?.lastRecords).toBe(300);
  // Nor is what another threat's records were like.
  await acceptQuality(options.store, { ...of, threat: 'another' }, first.quality);
  appendFileSync(options.path, `\n${site(901)}`);
  expect((await loadLogs({ ...options, reader })).quality.drift).toBeNull();
  // One generation of records is kept, with what it was like.
  expect(
    readdirSync(options.store)
      .map((name) => name.replace(/^[0-9a-f]{32}\./, ''))
      .sort(),
  ).toEqual([...['json', 'offsets', 'quality.json', 'records']]);
  for (const name of readdirSync(options.store)) {
    expect(statSync(join(options.store, name)).mode & 0o077).toBe(0);
  }
});

test('what a killed run left behind is neither taken for records nor kept', async () => {
  const options = logOf(sites(10));
  await loadLogs(options);
  const about = readdirSync(options.store).find((name) => /\w{32}\.json/.test(name)) ?? '';
  // Killed after the records were in place and before what tells of them.
  rmSync(join(options.store, about));
  writeFileSync(join(options.store, `${'0'.repeat(32)}.abc.partial.records`), 'half');
  const again = await loadLogs(options);
  expect([again.reused, again.source.rows]).toEqual([false, 10]);
  expect(readdirSync(options.store).filter((name) => name.includes('partial'))).toEqual([]);
});

test('an abort leaves nothing behind', async () => {
  const options = logOf(sites(10));
  const stopped = loadLogs({ ...options, signal: AbortSignal.abort() });
  await expect(stopped).rejects.toThrow(/abort/);
  expect(readdirSync(options.store)).toEqual([]);
});

test('logs with nothing to train on, or none at all, are an error that says where to look', async () => {
  await expect(loadLogs(logOf(['1,2,3']))).rejects.toThrow(/holds no record .*fedward data describe/);
  const missing = { ...logOf([]), path: join(folder, 'missing.csv') };
  await expect(loadLogs(missing)).rejects.toMatchObject({ code: 'DATA_INVALID' });
});

test('rows of formats that are not the threat’s are counted and passed over', async () => {
  const { store, path } = logOf([
    '{"_path":"dns","ts":1,"query":"a.example","qtype":1,"proto":"udp"}',
    '{"_path":"conn","ts":2,"proto":"tcp","conn_state":"SF","orig_pkts":1,"resp_pkts":1,"label":"benign"}',
  ]);
  const { source, foreign } = await loadLogs({ threat: networkFlows, reader: zeekReader, path, store });
  expect([source.rows, foreign]).toEqual([1, 1]);
});

test('without labels an autoencoder has all records of the log, whatever their labels say', async () => {
  const conn = '"_path":"conn","proto":"tcp","conn_state":"SF","orig_pkts":1,"resp_pkts":1';
  const lines = [
    `{${conn},"ts":1}`,
    `{${conn},"ts":2,"label":"malicious"}`,
    `{${conn},"ts":3,"label":"benign"}`,
    `{${conn},"ts":4,"label":"suspicious"}`,
  ];
  const { store, path } = logOf(lines);
  const options = { reader: zeekReader, path, store };
  const labelled = await loadLogs({ ...options, threat: networkFlows });
  expect([labelled.source.classCounts, labelled.unusable]).toEqual([[1, 1], 2]);
  const all = await loadLogs({ ...options, threat: threatById('network-flows-unsupervised') as LogThreat });
  expect([all.source.classCounts, all.unusable, all.reused]).toEqual([[4], 0, false]);
  expect(all.quality.labels).toMatchObject({ classes: { usual: 4, unusual: 0 }, unlabelled: 0 });
});

test('a log behind a link is read again when what it points to has changed', async () => {
  const { reader, threat, store, path } = logOf(sites(10));
  const logs = join(folder, 'linked');
  mkdirSync(logs);
  symlinkSync(path, join(logs, 'sites.csv'));
  expect((await loadLogs({ reader, threat, store, path: logs })).source.rows).toBe(10);
  appendFileSync(path, `\n${sites(30).slice(10).join('\n')}`);
  const again = await loadLogs({ reader, threat, store, path: logs });
  expect([again.reused, again.source.rows]).toEqual([false, 30]);
});

test('a file that breaks off is told apart from a bad line, and refused by the site’s limits', async () => {
  const { reader, threat, store, path } = logOf(sites(400));
  const whole = gzipSync(readFileSync(path));
  writeFileSync(`${path}.gz`, whole.subarray(0, whole.length / 2));
  const { quality } = await loadLogs({ reader, threat, store, path: `${path}.gz` });
  expect(quality.brokenOff.count).toBe(1);
  const limits = { minRecords: 1, maxRefusedShare: 1 };
  expect(() => enforceQuality(quality, qualityLimitsSchema.parse(limits))).toThrow(
    /1 file breaks off.*maxBrokenOff/,
  );
  enforceQuality(quality, qualityLimitsSchema.parse({ ...limits, maxBrokenOff: 1 }));
});

test('equal rows are two events where rows are gathered into one record', async () => {
  const failure = JSON.stringify({
    resourceType: 'AuditEvent',
    meta: { tag: [{ system: 'urn:fedward:label', code: 'benign' }] },
    type: { code: 'rest' },
    ...{ action: 'R', outcome: '8', recorded: '2026-03-01T10:00:00+01:00' },
    agent: [{ requestor: true, altId: 'anna', name: 'Anna' }],
    source: { observer: { display: 'ehr' } },
  });
  const { store, path } = logOf([failure, failure, failure]);
  const { source, quality } = await loadLogs({ threat: ehrAccess, reader: fhirAuditReader, path, store });
  expect([source.rows, quality.repeated.count]).toEqual([1, 2]);
  const one = await loadLogs({ ...logOf([failure]), threat: ehrAccess, reader: fhirAuditReader });
  const first = Int32Array.of(0);
  expect(source.gather(first).features).not.toEqual(one.source.gather(first).features);
});
