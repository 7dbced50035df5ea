/** What every entry of the threat catalogue must keep to; a new entry is tested the moment it is listed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { givesFormat, ROW_READERS } from '../../participant/readers/catalogue.ts';
import { mailReader } from '../../participant/readers/mail.ts';
import { isLogThreat, LOG_THREATS, THREATS, threatById } from '../../threats/catalogue.ts';
import { loadEngine } from '../../threats/engine.ts';
import type { FieldSample } from '../../threats/features.ts';
import { initialWeights } from '../../threats/initial-weights.ts';
import { buildNetwork } from '../../threats/networks.ts';
import { parameterCount } from '../../threats/threat.ts';

test('ids are distinct, and an unknown one is answered with those known', () => {
  expect(new Set(THREATS.map(({ id }) => id)).size).toBe(THREATS.length);
  expect(new Set(THREATS.map(({ encoder }) => encoder.id)).size).toBe(THREATS.length);
  expect(() => threatById('coffee')).toThrow(`Known: ${THREATS.map(({ id }) => id).join(', ')};`);
  for (const { id } of LOG_THREATS) expect(threatById(`${id}-unsupervised`).network.task).toBe('reconstruct');
});

describe.each(THREATS.map((threat) => [threat.id, threat] as const))('%s', (id, threat) => {
  test('is found by its id and has a reader', () => {
    expect(threatById(id)).toBe(threat);
    if (isLogThreat(threat)) {
      for (const format of threat.formats) {
        expect(
          ROW_READERS.some((reader) => givesFormat(reader, format)),
          format,
        ).toBe(true);
      }
    } else {
      expect(mailReader.threat).toBe(id);
    }
  });

  test('its network takes the encoder’s rows and tells its classes apart', async () => {
    expect(threat.network.inputs).toBe(threat.encoder.width);
    const last = threat.network.layers.at(-1);
    expect(last).toEqual(
      threat.classes.length === 2
        ? { units: 1, activation: 'sigmoid' }
        : { units: threat.classes.length, activation: 'softmax' },
    );
    const model = buildNetwork(await loadEngine({ prefer: 'wasm' }), threat.network);
    expect(model.countParams()).toBe(parameterCount(threat.network));
    expect(initialWeights(threat.network, 1)).toHaveLength(parameterCount(threat.network));
    model.dispose();
  });

  test('its encoder is named with a version', () => {
    expect(threat.encoder.id).toMatch(/^[a-z0-9-]+\/\d+$/);
  });
});

const cell = fc.oneof(
  fc.constant(null),
  fc.string(),
  fc.double(),
  fc.constantFrom(0, -1, 1, 'tcp', '-', 'F'),
);

describe.each(LOG_THREATS.map((threat) => [threat.id, threat] as const))('%s, of logs', (_, threat) => {
  const { encoder, formats, classes } = threat;
  const spans = encoder.spans ?? [];
  const encoded = (sample: FieldSample) => {
    const row = new Float32Array(encoder.width);
    encoder.encode(sample, row, 0);
    return row;
  };

  test('its fields cover the encoded row without a gap, each once', () => {
    expect(spans.reduce((at, { start, width }) => (start === at ? at + width : Number.NaN), 0)).toBe(
      encoder.width,
    );
    expect(new Set(spans.map(({ field }) => field)).size).toBe(spans.length);
  });

  test('whatever a sample holds, features lie in [0, 1], and other fields than its own change nothing', () => {
    const sample = fc.dictionary(fc.constantFrom(...spans.map(({ field }) => field)), cell);
    fc.assert(
      fc.property(sample, cell, (fields, stranger) => {
        const row = encoded({ fields });
        expect(row.every((value) => value >= 0 && value <= 1)).toBe(true);
        const leaks = {
          label: stranger,
          id: stranger,
          date: stranger,
          time: stranger,
          ts: stranger,
          verdict: stranger,
        };
        const others = Object.fromEntries(
          Object.entries(leaks).filter(([name]) => !spans.some(({ field }) => field === name)),
        );
        expect(encoded({ fields: { ...others, ...fields } })).toEqual(row);
      }),
      { numRuns: 50 },
    );
  });

  test('rows of nothing, and of anything, become samples or refusals, never a crash', () => {
    const bag = fc.dictionary(
      fc.oneof(
        fc.constantFrom('recorded', 'user', 'start', 'ts', 'cve', 'label', 'type', ...(threat.fields ?? [])),
        fc.string(),
      ),
      cell,
    );
    const row = fc.record({ format: fc.constantFrom(...formats), fields: bag, labels: bag, context: bag });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
        const preparer = threat.prepare();
        for (const prepared of [...rows.flatMap((each) => preparer.push(each)), ...preparer.end()]) {
          if (prepared.kind === 'refused') {
            expect(prepared.reason).toMatch(/\.$/);
            continue;
          }
          expect(prepared.label === null || prepared.label in classes).toBe(true);
          expect(encoded(prepared.sample).every((value) => value >= 0 && value <= 1)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });
});
