import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prepareEpisodes } from '../../../threats/ehr-access/episodes.ts';
import { EHR_ACCESS_FIELDS, ehrAccess, ehrAccessSampleSchema } from '../../../threats/ehr-access/index.ts';
import { featureNames } from '../../../threats/features.ts';
import type { Prepared, Preparer } from '../../../threats/log-threat.ts';
import type { Cells, RowSample } from '../../../threats/record.ts';

const row = (fields: Cells, verdict?: string): RowSample => ({
  format: 'fhir-audit',
  fields: {
    ...{ event: 'rest', action: 'R', outcome: 0, recorded: '2024-03-01T08:00:00+01:00', purpose: 'TREAT' },
    ...{ user: 'u1', role: 'nurse', network: '10.0.0.7', patient: 'p1', sensitivity: 'N', query: 0 },
    ...fields,
  },
  labels: verdict === undefined ? {} : { verdict },
  context: {},
});
const at = (time: string, fields: Cells = {}, verdict?: string) =>
  row({ recorded: `2024-03-01T${time}+01:00`, ...fields }, verdict);

function prepared(rows: readonly RowSample[], preparer: Preparer = ehrAccess.prepare()): Prepared[] {
  return [...rows.flatMap((each) => preparer.push(each)), ...preparer.end()];
}
function samplesOf(rows: readonly RowSample[], preparer?: Preparer) {
  return prepared(rows, preparer).flatMap((one) => (one.kind === 'sample' ? [one] : []));
}
function refusalsOf(rows: readonly RowSample[], preparer?: Preparer): string[] {
  return prepared(rows, preparer).flatMap((one) => (one.kind === 'refused' ? [one.reason] : []));
}
const fieldsOf = (rows: readonly RowSample[]) => samplesOf(rows).map(({ sample }) => sample.fields);

test("an hour's rows, counted by hand", () => {
  const [fields] = fieldsOf([
    at('22:00:05'),
    at('22:00:06', { sensitivity: 'R,VIP' }),
    at('22:01:00', { patient: 'p2', purpose: 'BTG', network: '198.51.100.3' }),
    at('22:10:00', { patient: 'p2', action: 'U' }),
    at('22:20:00', { patient: null, action: 'E', query: 1 }),
    at('22:30:00', { patient: 'p3', event: '110106' }),
    at('22:40:00', { patient: null, event: '110114', action: 'E', outcome: 4, network: '2001:db8::1' }),
    at('22:50:00', { patient: null, event: '110114', action: 'E', purpose: null, network: 'fd00::1' }),
  ]);
  expect(fields).toEqual({
    ...{ reads: 3, writes: 1, exports: 1, queries: 1, failures: 1, busiest_minute: 2 },
    ...{ patients: 3, patients_only_read: 1, patients_notable: 1, patients_emergency: 1 },
    ...{ patients_restricted: 1, reads_of_one: 2, rows_notable: 1, rows_emergency: 1 },
    ...{ share_treatment: 6 / 8, share_outside: 2 / 8, networks: 4 },
    ...{ hour: 22, weekend: 0, role: 'nurse' },
  });
  ehrAccessSampleSchema.parse({ fields });
});

test('an episode is a user and an hour of the site’s clock', () => {
  const rows = [
    at('08:00:00'),
    at('08:59:59'),
    at('08:59:59', { user: 'u2' }),
    at('09:00:00'),
    row({ recorded: '2024-03-02T08:30:00+01:00' }),
  ];
  expect(
    samplesOf(rows).map(({ entity, sample: { fields } }) => [entity, fields.reads, fields.hour]),
  ).toEqual([
    ['u1', 2, 8],
    ['u2', 1, 8],
    ['u1', 1, 9],
    ['u1', 1, 8],
  ]);
  // Nepal's clocks, at UTC+05:45: 07:50 UTC is 13:35 there.
  const [nepal] = fieldsOf([row({ recorded: '2024-03-02T13:35:00+05:45' })]);
  expect([nepal?.hour, nepal?.weekend]).toEqual([13, 1]);
  expect(fieldsOf([row({ recorded: '2024-03-01T07:00:00Z' }), at('08:30:00')])).toHaveLength(2);
});

test('every record says whose hour it is, by the site’s clock', () => {
  const about = (recorded: string) => samplesOf([row({ user: 'anna', recorded })])[0]?.about;
  expect(about('2026-03-01T10:59:59.999+01:00')).toBe('anna 2026-03-01T10:00+01:00');
  expect(about('2026-03-01T00:00:00-03:30')).toBe('anna 2026-03-01T00:00-03:30');
  expect(about('2026-03-01T10:20:00Z')).toBe('anna 2026-03-01T10:00+00:00');
});

test('an hour less changes no other record: nothing of a user outlives the hour', () => {
  const rows = ['01', '05', '20'].flatMap((day) =>
    ['u1', 'u2'].map((user) => row({ user, recorded: `2024-03-${day}T08:00:00+01:00` })),
  );
  const all = samplesOf(rows);
  for (const left of rows.keys()) {
    const others = all.filter((_, i) => i !== left);
    expect(samplesOf(rows.filter((_, i) => i !== left))).toEqual(others);
  }
});

test('the most serious verdict is the episode’s; none where no row has one; unknown ones are refused', () => {
  const labelOf = (...verdicts: (string | undefined)[]) => {
    const [sample] = samplesOf(verdicts.map((verdict) => at('08:00:00', {}, verdict)));
    return [sample?.label, sample?.detail];
  };
  expect(labelOf(undefined, undefined)).toEqual([null, null]);
  expect(labelOf('benign', undefined)).toEqual([0, 'benign']);
  expect(labelOf('benign', 'vip-snooping', 'benign')).toEqual([1, 'vip-snooping']);
  expect(labelOf('bulk-read', undefined, 'colleague-snooping')).toEqual([3, 'bulk-read']);
  expect(labelOf(' Dormant-Account ')).toEqual([5, 'dormant-account']);
  for (const verdict of ['evil', 'benign,bulk-read', '']) {
    expect(refusalsOf([at('08:00:00', {}, verdict)])).toEqual([
      expect.stringMatching(/^The verdict is none of benign, .*, dormant-account\. /),
    ]);
  }
});

test('rows that belong to no episode are refused with the reason, and never with a cell', () => {
  const long = 'x'.repeat(513);
  const reasons = refusalsOf([
    row({ user: null }),
    row({ user: '  ' }),
    row({ recorded: null }),
    row({ recorded: 'yesterday' }),
    // Of the year 275760, an hour beyond what a Date can hold.
    row({ recorded: '+275760-09-13T01:00:00+01:00' }),
    row({ recorded: '2024-03-01T08:00:00' }),
    row({ patient: long }),
  ]);
  expect(reasons.map((reason) => reason.slice(0, 40))).toEqual([
    ...Array(2).fill('The row has no user, so it belongs to no'),
    ...Array(3).fill('The row has no time, so it belongs to no'),
    'The time in "recorded" has no zone. Writ',
    'The patient has more than 512 characters',
  ]);
  expect(reasons.join()).not.toMatch(/xx|yesterday/);
});

describe('order and memory', () => {
  test('rows a quarter of an hour late still find their episode, later ones are refused', () => {
    const rows = [at('08:50:00'), at('09:04:00'), at('08:50:30'), at('08:49:00'), at('08:48:59')];
    expect(samplesOf(rows).map(({ sample }) => sample.fields.reads)).toEqual([3, 1]);
    expect(refusalsOf(rows)).toEqual([expect.stringMatching(/more than 15 minutes earlier.*Sort the log/)]);
  });

  test('an episode is handed on as soon as no row of it can come', () => {
    const preparer = ehrAccess.prepare();
    const counts = [at('08:50:00'), at('09:14:59'), at('09:15:00'), at('09:15:01')].map(
      (each) => preparer.push(each).length,
    );
    expect(counts).toEqual([0, 0, 0, 1]);
    expect(preparer.end()).toHaveLength(1);
    expect(preparer.end()).toEqual([]);
  });

  test('in any order within the bound: the same episodes', () => {
    const row = fc.record({
      minute: fc.integer({ min: 50, max: 64 }),
      user: fc.constantFrom('u1', 'u2'),
      patient: fc.constantFrom('p1', 'p2', null),
      action: fc.constantFrom('R', 'U'),
    });
    const shuffledTwice = fc
      .array(row, { maxLength: 30 })
      .chain((rows) =>
        fc.tuple(
          fc.shuffledSubarray(rows, { minLength: rows.length, maxLength: rows.length }),
          fc.shuffledSubarray(rows, { minLength: rows.length, maxLength: rows.length }),
        ),
      );
    const episodes = (
      rows: readonly { minute: number; user: string; patient: string | null; action: string }[],
    ) =>
      samplesOf(
        rows.map(({ minute, ...fields }) =>
          at(`0${8 + Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}:00`, fields),
        ),
      )
        .map(({ about, sample }) => JSON.stringify([about, sample.fields]))
        .sort();
    fc.assert(
      fc.property(shuffledTwice, ([one, other]) => {
        expect(episodes(one)).toEqual(episodes(other));
      }),
    );
  });

  test('beyond the names that are remembered rows are refused, and room is made again', () => {
    const rows = ['u1', 'u2', 'u3'].map((user) => at('08:00:00', { user }));
    const names = () => prepareEpisodes({ names: 7 });
    expect(refusalsOf(rows, names())).toEqual([
      expect.stringMatching(/^More than 7 users, patients and net/),
    ]);
    const later = rows.map((each, i) => ({
      ...each,
      fields: { ...each.fields, recorded: `2024-03-0${i + 1}T08:00:00Z` },
    }));
    expect(refusalsOf(later, names())).toEqual([]);
  });

  test('names that are remembered do not keep their messages in memory', () => {
    setFlagsFromString('--expose-gc');
    const gc: () => void = runInNewContext('gc');
    const used = () => {
      gc();
      return process.memoryUsage().heapUsed;
    };
    const preparer = ehrAccess.prepare();
    const before = used();
    for (let i = 0; i < 2000; i++) {
      const message = Buffer.alloc(50_000, `the message number ${i} `).toString();
      const part = (start: number) => message.slice(start, start + 25);
      preparer.push(at('08:00:00', { user: part(0), patient: part(1), network: part(2) }));
    }
    // 100 MB of messages.
    expect(used() - before).toBeLessThan(20e6);
    expect(preparer.end()).toHaveLength(2000);
  });

  test('the 1,025th patient adds a read and no name', () => {
    const rows = Array.from({ length: 1030 }, (_, i) => at('08:00:00', { patient: `p${i}` }));
    const [fields] = fieldsOf(rows);
    expect([fields?.reads, fields?.patients]).toEqual([1030, 1024]);
    const networks = Array.from({ length: 40 }, (_, i) => at('08:00:00', { network: `10.0.0.${i}` }));
    expect(fieldsOf(networks)[0]?.networks).toBe(32);
  });
});

test('an address is outside or not in whichever way it is written', () => {
  const outside = (network: string) => fieldsOf([at('08:00:00', { network })])[0]?.share_outside;
  const notOurs = [
    ...['203.0.113.5', '203.0.113.5:51822', '::ffff:203.0.113.5', '::FFFF:cb00:7105', '172.32.0.1'],
    ...['2001:db8::1', '[2001:db8::1]', '[2001:db8::1]:443', '[::ffff:203.0.113.5]:443', '2001:DB8::1%eth0'],
  ];
  const ours = [
    ...['10.0.0.7', '10.0.0.7:51822', '172.31.0.1', '192.168.7.7:80', '127.0.0.1', '169.254.1.1'],
    ...['::ffff:10.0.0.7', '[::ffff:192.168.7.7]:443', '::1', '[::1]:443', 'fd00::1', 'fe80::1%eth0'],
    ...['ward7.hospital.example', 'ward7:443', 'fd', 'a:b', '[ward7]', '999.1.1.1', '10.0.0'],
  ];
  expect(notOurs.filter((network) => outside(network) !== 1)).toEqual([]);
  expect(ours.filter((network) => outside(network) !== 0)).toEqual([]);
  // A connection's port does not make a place.
  const [fields] = fieldsOf(
    ['203.0.113.5:1', '203.0.113.5:2', '::ffff:203.0.113.5', '[fd00::1]:1', 'fd00::1', 'fd00::1%eth0'].map(
      (network) => at('08:00:00', { network }),
    ),
  );
  expect(fields?.networks).toBe(2);
});

test('who, whom and where from is not in the encoded vector', () => {
  const rows = [
    at('08:00:00', { user: 'u1', patient: 'p1', network: '10.0.0.1', site: 'a', id: 1 }),
    at('08:10:00', { user: 'u1', patient: 'p2', network: '10.0.0.2' }),
  ];
  const others = [
    at('08:00:00', { user: 'zz', patient: 'q7', network: '10.9.0.8', site: 'b', id: 2 }),
    at('08:10:00', { user: 'zz', patient: 'q8', network: '192.168.7.7', object: 'o', observer: 'x' }),
  ];
  const [one, other] = [rows, others].map((each) => {
    const vector = new Float32Array(ehrAccess.encoder.width);
    const [sample] = samplesOf(each);
    if (sample !== undefined) ehrAccess.encoder.encode(sample.sample, vector, 0);
    return vector;
  });
  expect(other).toEqual(one);
  expect(one?.some((value) => value > 0)).toBe(true);
  const fields = EHR_ACCESS_FIELDS.map(({ field }) => field);
  for (const leak of ['user', 'patient', 'network', 'site', 'recorded', 'verdict', 'object']) {
    expect(fields).not.toContain(leak);
  }
  expect(featureNames(EHR_ACCESS_FIELDS)).toHaveLength(ehrAccess.encoder.width);
});

test('roles by word and by code; what is not declared is other', () => {
  const role = (code: string | null) => fieldsOf([at('08:00:00', { role: code })])[0]?.role;
  expect(['doctor', '106292003', 'ward-7,Nurse', 'wizard', null].map(role)).toEqual([
    ...['physician', 'nurse', 'nurse', 'other', 'other'],
  ]);
});
