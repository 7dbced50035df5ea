import { describe, expect, test } from 'vitest';
import { recordsOfRows } from '../../../benchmarks/accuracy/data.ts';
import {
  sessionRule,
  telemedicineSessionSubject,
} from '../../../benchmarks/accuracy/telemedicine-session.ts';
import { seededUniform } from '../../../benchmarks/seeded.ts';
import { auroc } from '../../../threats/metrics.ts';
import type { RowSample } from '../../../threats/record.ts';
import {
  generateSessionRows,
  generateSessions,
  type SessionAnomaly,
} from '../../../threats/telemedicine-session/generator.ts';
import {
  SESSION_CLASSES,
  sessionLabel,
  sessionSampleSchema,
  telemedicineSession,
} from '../../../threats/telemedicine-session/index.ts';
import { sessionRow, telemedicineSessionSchema } from '../../../threats/telemedicine-session/session.ts';
import { aurocOf } from '../shuffled-labels.ts';

const ANOMALIES = SESSION_CLASSES.slice(1) as SessionAnomaly[];
const often = Object.fromEntries(ANOMALIES.map((kind) => [kind, 0.02]));
const rows = [...generateSessionRows(seededUniform(7), { sessions: 12_000, rates: often })];

function encoded(row: RowSample): number[] {
  const [prepared] = telemedicineSession.prepare().push(row);
  if (prepared?.kind !== 'sample') throw new Error('The row was refused.');
  const features = new Float32Array(telemedicineSession.encoder.width);
  telemedicineSession.encoder.encode(prepared.sample, features, 0);
  return [...features];
}

test('a row becomes a sample of declared fields, its verdict and its account', () => {
  for (const row of rows.slice(0, 500)) {
    const [prepared] = telemedicineSession.prepare().push(row);
    if (prepared?.kind !== 'sample') throw new Error('The row was refused.');
    sessionSampleSchema.parse(prepared.sample);
    expect(SESSION_CLASSES[prepared.label ?? -1]).toBe(row.labels.verdict);
    expect(prepared.entity).toBe(row.context.account);
  }
});

test('an unknown verdict is refused without being quoted; none at all is no label', () => {
  expect(() => sessionLabel('Jane Doe')).toThrow(/must be one of legitimate, session-hijack/);
  const [row] = rows;
  if (row === undefined) throw new Error('No row.');
  const push = (verdict: string | null) =>
    telemedicineSession.prepare().push({ ...row, labels: { verdict } });
  expect(push('Jane Doe')).toEqual([{ kind: 'refused', reason: expect.not.stringContaining('Jane') }]);
  expect(push(null)).toMatchObject([{ kind: 'sample', label: null, detail: null }]);
});

test('ids, date and verdict change no feature', () => {
  const [session] = generateSessions(seededUniform(7), { sessions: 200 });
  if (session === undefined) throw new Error('No session.');
  const start = `2031-12-24${session.start.slice(10)}`;
  const other = { ...session, session: 'x', start, account: 'y', peer: 'z', verdict: 'session-hijack' };
  expect(encoded(sessionRow(other))).toEqual(encoded(sessionRow(session)));
  expect(sessionRow(other).fields).toEqual(sessionRow(session).fields);
});

describe('the generator', () => {
  test('repeats itself for a seed, in the order of start, within the schema', () => {
    const log = (seed: number) => [...generateSessions(seededUniform(seed), { sessions: 2000, days: 9 })];
    const first = log(3);
    expect(log(3)).toEqual(first);
    expect(log(4)).not.toEqual(first);
    expect(first).toHaveLength(2000);
    const starts = first.map(({ start }) => start);
    expect(starts).toEqual(starts.toSorted());
    for (const session of first) expect(telemedicineSessionSchema.parse(session)).toEqual(session);
  });

  test('rates are what was asked for', () => {
    for (const kind of ANOMALIES) {
      const share = rows.filter(({ labels }) => labels.verdict === kind).length / rows.length;
      // Four standard errors of a share of 2 % of 12,000.
      expect(Math.abs(share - 0.02)).toBeLessThan(0.0052);
    }
    const none = Object.fromEntries(ANOMALIES.map((kind) => [kind, 0]));
    const clean = generateSessions(seededUniform(1), { sessions: 500, rates: none });
    expect(new Set([...clean].map(({ verdict }) => verdict))).toEqual(new Set(['legitimate']));
    const alone = () => [...generateSessions(seededUniform(1), { accounts: 1 })];
    expect(alone).toThrow(/Generate more of them/);
  });

  test('no single feature tells', () => {
    const legitimate = rows.filter(({ labels }) => labels.verdict === 'legitimate');
    const benign = legitimate.slice(0, 2000).map(encoded);
    const { width } = telemedicineSession.encoder;
    for (const kind of ANOMALIES) {
      const threats = rows.filter(({ labels }) => labels.verdict === kind).map(encoded);
      const labels = [...benign.map(() => 0), ...threats.map(() => 1)];
      for (let feature = 0; feature < width; feature++) {
        const area = auroc(
          [...benign, ...threats].map((features) => features[feature] ?? 0),
          labels,
        );
        // Who prescribes nothing is no prescription mill: that alone is worth 0.91.
        expect(Math.max(area, 1 - area)).toBeLessThan(0.93);
      }
    }
  });
});

test('shuffled labels teach nothing; true ones more than the rule knows', { timeout: 60_000 }, async () => {
  const records = recordsOfRows(telemedicineSession, rows);
  const shuffled = await aurocOf(telemedicineSession, records, rows.length, true);
  expect(shuffled).toBeGreaterThanOrEqual(0.45);
  expect(shuffled).toBeLessThanOrEqual(0.55);
  const learned = await aurocOf(telemedicineSession, records, rows.length, false);
  const ruled = auroc(records.samples.map(sessionRule), records.labels);
  // Neither may be at 1: then the generator would show nothing.
  expect(ruled).toBeGreaterThan(0.7);
  expect(ruled).toBeLessThan(0.85);
  expect(learned).toBeGreaterThan(ruled + 0.08);
  expect(learned).toBeLessThan(0.98);
});

test('what is tested begins when what is learnt has ended', () => {
  const { train, test: later } = telemedicineSessionSubject.generate(1);
  expect([train.samples.length, later?.samples.length]).toEqual([80_000, 20_000]);
  expect(new Set(later?.details)).toEqual(new Set(SESSION_CLASSES));
});
