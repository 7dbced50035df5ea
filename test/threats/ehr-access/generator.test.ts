import { describe, expect, test } from 'vitest';
import { pick, type Records, recordsOfRows } from '../../../benchmarks/accuracy/data.ts';
import { ehrAccessRule } from '../../../benchmarks/accuracy/ehr-access.ts';
import { seededUniform } from '../../../benchmarks/seeded.ts';
import { fhirAuditReader } from '../../../participant/readers/fhir-audit.ts';
import { auditEventOf } from '../../../threats/ehr-access/audit-event.ts';
import { auditRows, type HospitalOptions, MISUSE_RATES } from '../../../threats/ehr-access/generator.ts';
import { ehrAccess, ehrAccessSampleSchema } from '../../../threats/ehr-access/index.ts';
import { auroc } from '../../../threats/metrics.ts';
import { readText, samples } from '../../participant/readers/sources.ts';
import { aurocOf } from '../shuffled-labels.ts';

const KINDS = Object.keys(MISUSE_RATES);
const rowsOf = (seed: number, options: HospitalOptions) => [...auditRows(seededUniform(seed), options)];
const small = rowsOf(3, { staff: 30, weeks: 1 });

test('one seed, one log; times never run backwards; ids and patients are told apart by the prefix', () => {
  expect(rowsOf(3, { staff: 30, weeks: 1 })).toEqual(small);
  expect(rowsOf(4, { staff: 30, weeks: 1 })[0]).not.toEqual(small[0]);
  const times = small.map(({ fields }) => String(fields.recorded));
  expect(times).toEqual(times.toSorted());
  expect(new Set(small.map(({ context }) => context.id)).size).toBe(small.length);
  const [other] = rowsOf(3, { staff: 30, weeks: 1, prefix: 'b-' });
  expect(other?.fields.user).toBe(`b-${small[0]?.fields.user}`);
});

test('read back from FHIR AuditEvents: the same rows', async () => {
  const kinds = new Set<string>();
  const rows = rowsOf(5, { staff: 60, weeks: 3 }).filter(({ fields, labels }, i) => {
    const kind = [fields.event, fields.action, fields.lifecycle, fields.purpose, labels.verdict].join();
    if (i % 200 !== 0 && kinds.has(kind)) return false;
    kinds.add(kind);
    return true;
  });
  expect(rows.length).toBeGreaterThan(100);
  const lines = rows.map((row) => JSON.stringify(auditEventOf(row)));
  const items = await readText(fhirAuditReader, lines.join('\n'));
  expect(samples(items)).toEqual(rows);
  expect(items.filter((item) => item.kind === 'refused' || item.note !== null)).toEqual([]);
  // Which FHIR's JSON does not have.
  expect(lines.filter((line) => /\[\]|\{\}|null|undefined/.test(line))).toEqual([]);
});

describe('a hospital of some weeks', () => {
  const records = recordsOfRows(ehrAccess, auditRows(seededUniform(11), { staff: 120, weeks: 8 }));
  const count = (kind: string) => records.details.filter((detail) => detail === kind).length;

  test('episodes fit the schema, with every kind of misuse about as often as asked', () => {
    for (const sample of records.samples.slice(0, 2000)) ehrAccessSampleSchema.parse(sample);
    const benign = count('benign');
    for (const kind of KINDS) expect(count(kind), kind).toBeGreaterThan(benign * 0.0015);
    expect(benign / records.samples.length).toBeGreaterThan(0.97);
    expect(benign / records.samples.length).toBeLessThan(0.99);
  });

  test('rates that are not given are none', () => {
    const rows = rowsOf(6, { staff: 40, weeks: 2, rates: { 'bulk-read': 100 } });
    const found = new Set(rows.map(({ labels }) => labels.verdict));
    expect([...found].sort()).toEqual(['benign', 'bulk-read']);
  });

  test('what is planted also happens for good reasons', () => {
    const benign = records.samples.filter((_, i) => records.labels[i] === 0).map(({ fields }) => fields);
    const some = (field: string, least: number) => benign.filter((own) => Number(own[field]) >= least).length;
    // More often than all misuse of the kind in each case.
    expect(some('patients_notable', 1)).toBeGreaterThan(count('vip-snooping'));
    expect(some('rows_emergency', 1)).toBeGreaterThan(count('break-glass-abuse'));
    expect(some('patients', 60)).toBeGreaterThan(count('bulk-read'));
    expect(some('failures', 1)).toBeGreaterThan(count('dormant-account'));
    expect(some('networks', 3)).toBeGreaterThan(count('shared-credentials'));
  });

  test('no single number and no rule tells any kind from the rest', () => {
    for (const kind of KINDS) {
      const own = ofKind(records, kind);
      const score = (of: (sample: (typeof own.samples)[number]) => number) =>
        auroc(Float32Array.from(own.samples, of), own.labels);
      expect(score(ehrAccessRule), kind).toBeLessThan(0.93);
      for (const field of Object.keys(own.samples[0]?.fields ?? {})) {
        const alone = score(({ fields }) => Number(fields[field]) || 0);
        expect(Math.max(alone, 1 - alone), `${kind} by ${field}`).toBeLessThan(0.98);
      }
    }
  });

  test('shuffled labels teach nothing, true ones more than the rule knows', { timeout: 60_000 }, async () => {
    const rows = records.samples.length;
    const shuffledAuroc = await aurocOf(ehrAccess, records, rows, true);
    expect(shuffledAuroc).toBeGreaterThanOrEqual(0.45);
    expect(shuffledAuroc).toBeLessThanOrEqual(0.55);
    const learned = await aurocOf(ehrAccess, records, rows, false);
    expect(learned).toBeGreaterThan(
      auroc(Float32Array.from(records.samples, ehrAccessRule), records.labels) + 0.05,
    );
    expect(learned).toBeLessThan(0.99);
  });
});

/** Those of one kind, and all benign ones. */
function ofKind(records: Records, kind: string): Records {
  const places = [...records.labels.keys()];
  return pick(
    records,
    places.filter((i) => records.labels[i] === 0 || records.details[i] === kind),
  );
}
