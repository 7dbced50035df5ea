import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type FieldSpec,
  featureNames,
  fieldEncoder,
  placeOn,
  type Scale,
  sampleSchema,
  signedLog,
} from '../../threats/features.ts';

const SPECS: readonly FieldSpec[] = [
  { kind: 'flag', field: 'root' },
  { kind: 'oneOf', field: 'proto', values: ['tcp', 'udp'], other: true },
  { kind: 'oneOf', field: 'grade', values: [-1, 0, 1] },
  { kind: 'knots', field: 'rate', scale: { type: 'linear', least: 0, most: 1 }, bins: 4 },
];
const encoder = fieldEncoder('test/1', SPECS);

function encode(fields: Record<string, string | number | null>): number[] {
  const row = new Float32Array(encoder.width);
  encoder.encode({ fields }, row, 0);
  return [...row];
}

test('by hand: a flag, a listed value, a number between two knots', () => {
  expect(featureNames(SPECS)).toEqual([
    ...['root', 'proto=tcp', 'proto=udp', 'proto=(other)', 'grade=-1', 'grade=0', 'grade=1'],
    ...['rate@0', 'rate@1', 'rate@2', 'rate@3', 'rate@4'],
  ]);
  expect(encode({ root: 2, proto: 'udp', grade: -1, rate: 0.375 })).toEqual([
    ...[1, 0, 1, 0, 1, 0, 0],
    ...[0, 0.5, 0.5, 0, 0],
  ]);
  expect(encode({ root: 0, proto: 'sctp', grade: 1, rate: 7 })).toEqual([
    ...[0, 0, 0, 1, 0, 0, 1],
    ...[0, 0, 0, 0, 1],
  ]);
});

test('unset, missing and unreadable cells leave nothing behind', () => {
  expect(encode({})).toEqual(Array(12).fill(0));
  expect(encode({ root: null, proto: null, grade: null, rate: 'many' })).toEqual(Array(12).fill(0));
  expect(encode({ grade: 0.5 })).toEqual(Array(12).fill(0));
});

test('whatever the cells hold, each field adds at most 1 to the squared norm', () => {
  const cell = fc.oneof(fc.double(), fc.integer(), fc.constantFrom('tcp', 'x', '3', ''), fc.constant(null));
  fc.assert(
    fc.property(fc.record({ root: cell, proto: cell, grade: cell, rate: cell }), (fields) => {
      const row = encode(fields);
      expect(row.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(row.reduce((sum, value) => sum + value * value, 0)).toBeLessThanOrEqual(SPECS.length + 1e-6);
    }),
  );
});

describe('scales', () => {
  test('known places', () => {
    expect(placeOn({ type: 'linear', least: -2, most: 2 }, 1)).toBe(0.75);
    expect(placeOn({ type: 'log', most: 99 }, 9)).toBeCloseTo(0.5, 12);
    expect(placeOn({ type: 'log', most: 0.099, unit: 0.001 }, 0.009)).toBeCloseTo(0.5, 12);
    expect(placeOn({ type: 'signedLog', most: 99 }, -9)).toBeCloseTo(0.25, 12);
    expect(signedLog(-1e9, 99)).toBe(-1);
  });

  test.each<Scale>([
    { type: 'linear', least: -5, most: 100 },
    { type: 'log', most: 1e6 },
    { type: 'signedLog', most: 1e6 },
  ])('$type never falls and stays in [0, 1]', (scale) => {
    const number = fc.double({ noNaN: true });
    fc.assert(
      fc.property(number, number, (a, b) => {
        const [low, high] = [placeOn(scale, Math.min(a, b)), placeOn(scale, Math.max(a, b))];
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(high);
      }),
    );
  });
});

test('the schema takes exactly the declared fields, of their kind', () => {
  const schema = sampleSchema(SPECS);
  const fields = { root: 0, proto: 'tcp', grade: null, rate: 0.5 };
  expect(schema.parse({ fields })).toEqual({ fields });
  for (const wrong of [
    { ...fields, label: 'dos' },
    { ...fields, proto: 6 },
    { ...fields, rate: 'x' },
  ]) {
    expect(schema.safeParse({ fields: wrong }).success).toBe(false);
  }
});

test('no field is read twice', () => {
  const [flag] = SPECS;
  expect(() => fieldEncoder('test/1', flag === undefined ? [] : [flag, flag])).toThrow(/twice/);
});
