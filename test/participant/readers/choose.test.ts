/** Which reader is chosen, and what is said when none fits. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { givesFormat, ROW_READERS, rowReaderById } from '../../../participant/readers/catalogue.ts';
import { rowReaderFor } from '../../../participant/readers/choose.ts';
import { type Detected, detectFormat } from '../../../participant/readers/detect-format.ts';
import { mailReader } from '../../../participant/readers/mail.ts';
import { LOG_THREATS } from '../../../threats/catalogue.ts';
import type { LogThreat } from '../../../threats/log-threat.ts';
import { networkIntrusion } from '../../../threats/network-intrusion/nsl-kdd.ts';
import {
  collect,
  DATA,
  hasData,
  samples,
  temporaryFolder,
  troubles,
  WITHOUT_DATA,
  written,
} from './sources.ts';

const folder = temporaryFolder();

const NSL =
  '0,tcp,ftp_data,SF,491,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,2,2,0,0,0,0,1,0,0,150,25,0.17,0.03,0.17,0,0,0,0.05,0,normal,20\n';
const GPS = 'date,time,latitude,longitude,label,type\n31-Mar-19,12:36:52,1,10,0,normal\n';
const WEATHER = 'date,time,temperature,pressure,humidity,label,type\n31-Mar-19,12:36:52,30,1,50,1,ddos\n';

const telemetry: LogThreat = {
  ...networkIntrusion,
  id: 'telemetry',
  formats: ['ton-iot/gps-tracker', 'ton-iot/weather'],
};

function told(found: Detected): string {
  switch (found.kind) {
    case 'rows':
      return found.reader.id;
    case 'table':
      return `${found.layout.type} table`;
    default:
      return found.kind;
  }
}

test('every reader has an id of its own, and the threats’ formats all have one', () => {
  const readers = [mailReader, ...ROW_READERS];
  expect(new Set(readers.map(({ id }) => id)).size).toBe(readers.length);
  for (const { id, formats } of LOG_THREATS) {
    for (const format of formats) {
      expect
        .soft(
          ROW_READERS.filter((reader) => givesFormat(reader, format)),
          `${id}: ${format}`,
        )
        .toHaveLength(1);
    }
  }
  expect(rowReaderById('zeek').id).toBe('zeek');
  expect(() => rowReaderById('coffee')).toThrow(/no reader "coffee".*nsl-kdd, unsw-nb15/);
});

describe('detectFormat', () => {
  test.each([
    ['nsl-kdd', NSL],
    ['nsl-kdd', gzipSync(NSL.repeat(5))],
    ['ton-iot/weather', `\ufeff${WEATHER}`],
    ['zeek', '#separator \\x09\n#fields\tts\tuid\n'],
    ['zeek', '{"ts":1.5,"uid":"C1","id.orig_h":"10.0.0.1"}\n'],
    ['suricata', '{"timestamp":"2026-01-01T00:00:00Z","event_type":"flow","proto":"TCP"}\n'],
    // A log that was rotated in mid-line.
    ['suricata', 'PE":1}\n{"timestamp":"2026-01-01T00:00:00Z","event_type":"flow"}\n'],
    ['fhir-audit', '{\n  "resourceType": "AuditEvent"\n}'],
    ['fhir-audit', '{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"AuditEvent"}}]}'],
    ['atna-audit', '<!-- x -->\n<?xml version="1.0"?>\n<AuditMessage>\n'],
    ['csaf', '{"document":{"category":"csaf_security_advisory","csaf_version":"2.0"}}'],
    ['csaf', '{"title":"KEV","catalogVersion":"2025.08.25","vulnerabilities":[]}'],
    ['csaf', 'CVE-2020-1234;0.5;0.9\n'],
    ['mail', 'Return-Path: <a@example.org>\nSubject: hello\n\nText\n'],
    ['mail', 'From a@example.org Mon Jan  1 00:00:00 2024\nSubject: x\n\n'],
    ['parquet table', Buffer.from('PAR1\0\0\0\0')],
    ['delimited table', 'when;bytes sent;verdict\n2026-01-01;5;ok\n2026-01-02;7;bad\n'],
    ['unknown', 'key: value\nother: thing\n'],
    ['unknown', Buffer.from([0, 1, 2, 3, 0, 0])],
    ['unknown', '{"resourceType":"Consent"}\n'],
    ['unknown', ''],
    ['unknown', gzipSync(NSL).subarray(0, 20)],
  ])('tells %s by its content', async (expected, content) => {
    const found = await detectFormat(written(folder, 'anything.bin', content));
    expect(told(found)).toBe(expected);
  });

  test('a row that nsl-kdd refuses, or one value less, makes a table no nsl-kdd', async () => {
    const broken = NSL.replace(',0.17,', ',17,');
    expect(told(await detectFormat(written(folder, 'a.txt', NSL + broken)))).toBe('delimited table');
    const shorter = NSL.replace(',20\n', '\n');
    expect(told(await detectFormat(written(folder, 'a.txt', shorter.repeat(3))))).toBe('delimited table');
  });

  test('a table with few columns of a known one among many others is not that one', async () => {
    const wide = 'latitude,longitude,a,b,c,d\n1,2,3,4,5,6\n';
    expect(told(await detectFormat(written(folder, 'a.csv', wide)))).toBe('delimited table');
  });

  test('what is unknown says what was tried, and quotes nothing', async () => {
    const found = await detectFormat(written(folder, 'notes.txt', 'patient Miller was here\n'));
    expect(found.kind === 'unknown' ? found.tried.join() : '').toMatch(
      /notes\.txt: .*no JSON.*\(Zeek\).*nsl-kdd has 43/,
    );
    expect(JSON.stringify(found)).not.toMatch(/Miller/);
  });
});

describe('rowReaderFor', () => {
  test('a named format must be one that the threat takes', async () => {
    expect((await rowReaderFor(networkIntrusion, 'nowhere', { format: 'nsl-kdd' })).id).toBe('nsl-kdd');
    const refused = rowReaderFor(networkIntrusion, 'nowhere', { format: 'fhir-audit' });
    await expect(refused).rejects.toThrow('takes nsl-kdd, not fhir-audit');
    const both = rowReaderFor(networkIntrusion, 'nowhere', { format: 'nsl-kdd', mapping: 'm.yaml' });
    await expect(both).rejects.toThrow('not both');
  });

  test('what is found but not taken is named, and so is what would be', async () => {
    const path = written(folder, 'weather.csv', WEATHER);
    await expect(rowReaderFor(networkIntrusion, path, {})).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringMatching(/takes nsl-kdd\. .*weather\.csv is ton-iot\/weather/),
    });
    await expect(rowReaderFor(networkIntrusion, join(folder, 'gone'), {})).rejects.toThrow(
      'There is nothing to read',
    );
    await expect(rowReaderFor(networkIntrusion, '-', {})).rejects.toThrow('name its reader');
  });

  test('a folder’s other files are passed over when one reader fits', async () => {
    const place = join(folder, 'nsl');
    mkdirSync(place);
    written(place, 'a-readme.txt', 'Read me first.\n');
    written(place, 'b-weather.csv', WEATHER);
    written(place, 'c.txt', NSL);
    expect((await rowReaderFor(networkIntrusion, place, {})).id).toBe('nsl-kdd');
  });

  test('a folder of several formats is read file by file', async () => {
    const place = join(folder, 'telemetry');
    mkdirSync(place);
    for (const [name, content] of Object.entries({ a: GPS, b: WEATHER, c: NSL }))
      written(place, name, content);
    const reader = await rowReaderFor(telemetry, place, {});
    const items = await collect(reader.read(place));
    expect(samples(items).map(({ format }) => format)).toEqual(telemetry.formats);
    expect(troubles(items)).toEqual(['0 The file is of no format that is read here.']);
  });

  test('a mapping file must be meant for the threat, and for one of its layouts', async () => {
    const mapping = (format: string, threat: string) =>
      written(
        folder,
        'm.yaml',
        `format: ${format}\nthreat: ${threat}\ncolumns: [{ column: duration, type: number }]\n`,
      );
    const path = written(folder, 'mine.csv', 'duration,other\n5,x\n');
    const reader = await rowReaderFor(networkIntrusion, path, {
      mapping: mapping('nsl-kdd', networkIntrusion.id),
    });
    expect(samples(await collect(reader.read(path)))).toMatchObject([
      { format: 'nsl-kdd', fields: { duration: 5 } },
    ]);
    const choose = (file: string) => rowReaderFor(networkIntrusion, path, { mapping: file });
    await expect(choose(mapping('nsl-kdd', 'coffee'))).rejects.toThrow('for the threat "coffee"');
    await expect(choose(mapping('mine', networkIntrusion.id))).rejects.toThrow(
      'must name in "format" the layout',
    );
    await expect(choose(join(folder, 'gone.yaml'))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

test.skipIf(!hasData)(`the public folders are all told by content${WITHOUT_DATA}`, async () => {
  const found = new Map<string, string>();
  for (const name of [
    'nsl-kdd',
    'unsw-nb15',
    'ton-iot',
    'phishing-uci-websites',
    'vulnerabilities',
    'fhir-r4',
    'zeek',
    'atna-audit',
  ]) {
    found.set(name, told(await detectFormat(join(DATA, name))));
  }
  expect(Object.fromEntries(found)).toEqual({
    'nsl-kdd': 'nsl-kdd',
    'unsw-nb15': 'unsw-nb15',
    'ton-iot': 'ton-iot/gps-tracker+ton-iot/weather',
    'phishing-uci-websites': 'uci-phishing-websites',
    vulnerabilities: 'csaf',
    'fhir-r4': 'fhir-audit',
    zeek: 'zeek',
    'atna-audit': 'atna-audit',
  });
});
