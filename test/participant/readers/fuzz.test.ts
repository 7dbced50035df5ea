/**
 * Spoilt input of every kind, into every reader: each gives items with a place and a sentence and comes to
 * its end; none throws, and none holds more than its limits allow.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { atnaAuditReader } from '../../../participant/readers/atna-audit.ts';
import { ROW_READERS } from '../../../participant/readers/catalogue.ts';
import { vulnerabilityReader } from '../../../participant/readers/csaf.ts';
import { fhirAuditReader } from '../../../participant/readers/fhir-audit.ts';
import { parseMapping } from '../../../participant/readers/mapping.ts';
import { suricataReader } from '../../../participant/readers/suricata.ts';
import { tableReader } from '../../../participant/readers/table.ts';
import { cicFlowMeter } from '../../../participant/readers/table-cicflowmeter.ts';
import { TABLE_FORMATS } from '../../../participant/readers/table-formats.ts';
import { nslKdd } from '../../../participant/readers/table-nsl-kdd.ts';
import type { RowItem, RowReader } from '../../../participant/readers/table-row.ts';
import { telemedicineReader } from '../../../participant/readers/telemedicine.ts';
import { zeekReader } from '../../../participant/readers/zeek.ts';
import type { Cells } from '../../../threats/record.ts';
import { fixture, readText } from './sources.ts';

const nslRow = `0,tcp,http,SF,${'1,'.repeat(37)}normal,21\n`;
const zeekRows = `#separator \\x09\n#fields\tts\ta\n#types\ttime\tstring\n${'1.5\tx\n'.repeat(20)}{"ts":1}\n`;
const mapped = parseMapping(readFileSync(fixture('firewall.yaml'), 'utf8'), 'firewall.yaml');
const epss = `CVE-2020-0001;0.1;0.2\n`.repeat(20);
const session = {
  ...{
    start: '2026-03-01T09:00:00+01:00',
    duration_s: 900,
    visit_type: 'video',
    account: 'a',
    role: 'patient',
  },
};
const bundle = JSON.stringify(
  { resourceType: 'Bundle', entry: [{ resource: { resourceType: 'AuditEvent' } }] },
  null,
  1,
);

const CASES: readonly (readonly [name: string, reader: RowReader, good: readonly Buffer[]])[] = [
  ['nsl-kdd', tableReader(nslKdd), [Buffer.from(nslRow.repeat(10))]],
  [
    'cicflowmeter',
    tableReader(cicFlowMeter),
    ['cic-2017.csv', 'cic-2018.csv'].map((name) => readFileSync(fixture(name))),
  ],
  ['mapping', tableReader(mapped), [readFileSync(fixture('firewall.csv'))]],
  ['zeek', zeekReader, [Buffer.from(zeekRows), Buffer.from('{"ts":1,"conn_state":"SF"}\n'.repeat(9))]],
  ['suricata', suricataReader, [readFileSync(fixture('eve.ndjson'))]],
  ['fhir-audit', fhirAuditReader, [readFileSync(fixture('audit-events.ndjson')), Buffer.from(bundle)]],
  ['atna-audit', atnaAuditReader, [readFileSync(fixture('audit-syslog.log'))]],
  ['telemedicine', telemedicineReader, [Buffer.from(`${JSON.stringify(session)}\n`.repeat(9))]],
  ['csaf', vulnerabilityReader, [Buffer.from(epss), Buffer.from('{"document":{"title":"x"}}')]],
];

test('every reader of the catalogue is here, of the tables those with and without header', () => {
  const tables = TABLE_FORMATS.map(({ id }) => id);
  const known = ROW_READERS.map(({ id }) => id).filter((id) => !tables.includes(id));
  expect(CASES.map(([, { id }]) => id)).toEqual(expect.arrayContaining(known));
});

const LIMITS = { limit: 4096, documentLimit: 65_536 };
const BAD = Buffer.from('\0\xff"{}[]<>,;\t\n\r\\#', 'latin1');

type Edit = readonly [kind: 'cut' | 'flip' | 'insert' | 'repeat', at: number, value: number];
const edit: fc.Arbitrary<Edit> = fc.tuple(
  fc.constantFrom('cut' as const, 'flip' as const, 'insert' as const, 'repeat' as const),
  fc.nat(100_000),
  fc.nat(255),
);

function spoilt(good: Buffer, edits: readonly Edit[]): Buffer {
  return edits.reduce((bytes: Buffer, [kind, place, value]) => {
    const at = bytes.length === 0 ? 0 : place % bytes.length;
    const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (kind) {
      case 'cut':
        return Buffer.concat([head, tail.subarray(value)]);
      case 'flip':
        return Buffer.concat([head, Buffer.from([(tail[0] ?? 0) ^ (1 << (value & 7))]), tail.subarray(1)]);
      case 'insert':
        return Buffer.concat([head, BAD.subarray(value % BAD.length, (value % BAD.length) + 1), tail]);
      case 'repeat':
        return Buffer.concat([head, tail.subarray(0, value), tail]);
      default:
        return kind satisfies never;
    }
  }, good);
}

async function endsWell(reader: RowReader, bytes: Uint8Array, chunk = 512): Promise<void> {
  const items = await readText(reader, bytes, LIMITS, chunk);
  // One expectation for all: there may be a hundred thousand items.
  expect(items.filter((item) => !isSound(item)).slice(0, 3)).toEqual([]);
}

function isSound(item: RowItem): boolean {
  if (!Number.isInteger(item.position) || item.position < 0) return false;
  if (item.kind === 'refused') return /^\S.{8,300}\.$/.test(item.reason);
  return [item.sample.fields, item.sample.labels, item.sample.context].every(isSoundBag);
}

function isSoundBag(bag: Cells): boolean {
  if (Object.getPrototypeOf(bag) !== Object.prototype) return false;
  return Object.values(bag).every((value: unknown) =>
    typeof value === 'number' ? Number.isFinite(value) : value === null || typeof value === 'string',
  );
}

describe.each(CASES)('%s', (_, reader, good) => {
  test('cuts, bit flips, stray bytes, repeated pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...good),
        fc.array(edit, { maxLength: 6 }),
        fc.integer({ min: 1, max: 999 }),
        (text, edits, chunk) => endsWell(reader, spoilt(text, edits), chunk),
      ),
      { numRuns: 80 },
    );
  });

  test('the same done to its gzip', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...good),
        fc.array(edit, { minLength: 1, maxLength: 3 }),
        (text, edits) => endsWell(reader, spoilt(gzipSync(text), edits)),
      ),
      { numRuns: 30 },
    );
  });

  test('random bytes, with and without a good beginning', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(Buffer.alloc(0), ...good),
        fc.uint8Array({ maxLength: 2000 }),
        (text, noise) => endsWell(reader, Buffer.concat([text, noise])),
      ),
      { numRuns: 40 },
    );
  });

  test('hostile shapes', async () => {
    const shapes = [
      ...[
        '[',
        '{"a":',
        '<a>',
        '"',
        ',',
        '\n',
        '\r',
        ' ',
        '<AuditMessage ',
        '<!--',
        '{"a":[',
        '&',
        '#',
        '\ufeff',
      ],
      ...['</', '"\n', '<AuditMessage>', 'x,"', '\\x', '#fields\t'],
    ].map((piece) => Buffer.from(piece.repeat(6_000)));
    for (const shape of shapes) {
      await endsWell(reader, shape, 65_536);
      await endsWell(reader, Buffer.concat([good[0] ?? shape, Buffer.from('\n'), shape]), 65_536);
    }
  });

  test('a bomb ends at its limit, a huge line at its own', async () => {
    const expansion = { ratio: 250, bytes: 2 ** 19 };
    for (const byte of [0x61, 0x0a, 0x20]) {
      const bomb = gzipSync(Buffer.concat([good[0] ?? Buffer.alloc(0), Buffer.alloc(2 ** 20, byte)]));
      const items = await readText(reader, bomb, { ...LIMITS, expansion });
      expect(items.at(-1)).toMatchObject({ kind: 'refused' });
    }
  });
});
