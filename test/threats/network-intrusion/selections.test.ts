import { expect, test } from 'vitest';
import type { Records } from '../../../benchmarks/accuracy/data.ts';
import {
  candidateModel,
  foldsByAttack,
  LEFT_OUT,
  neverTested,
  SELECTIONS,
} from '../../../benchmarks/accuracy/selections.ts';
import { splitTest } from '../../../benchmarks/partition.ts';
import { KDD_FAMILIES, kddLabel } from '../../../threats/network-intrusion/attacks.ts';

/** Records whose sample says which one it is. */
function numbered(details: readonly string[], labels: readonly number[]): Records {
  const samples = details.map((_, i) => ({ fields: { i } }));
  return { samples, labels: Uint8Array.from(labels), details };
}

test('no fold trains on an attack type that it leaves out, and it tests on all of them', () => {
  const types = 'normal neptune back smurf satan nmap warezclient guess_passwd spy rootkit perl'.split(' ');
  const details = types.flatMap((type) => Array<string>(type === 'normal' ? 300 : 20).fill(type));
  const records = numbered(details, details.map(kddLabel));
  const folds = foldsByAttack(records);
  expect(folds).toHaveLength(LEFT_OUT.length);
  for (const [i, { train, test: tested }] of folds.entries()) {
    expect([...train, ...tested].sort((a, b) => a - b)).toEqual([...details.keys()]);
    const counts = (places: readonly number[], type: string) =>
      places.filter((place) => details[place] === type).length;
    for (const type of types) {
      const isLeftOut = LEFT_OUT[i]?.includes(type) ?? false;
      if (isLeftOut) expect(counts(train, type), type).toBe(0);
      expect(counts(tested, type), type).toBeGreaterThanOrEqual(isLeftOut ? 20 : 0);
    }
    expect(counts(tested, 'normal')).toBe(60);
  }
});

test('the types left out are known ones, of every family, none in two folds', () => {
  const all = LEFT_OUT.flat();
  expect(new Set(all).size).toBe(all.length);
  for (const names of LEFT_OUT) {
    expect(new Set(names.map(kddLabel)).size).toBe(KDD_FAMILIES.length - 1);
  }
});

test('random folds hold none of the records that a seed of the benchmark tests on', () => {
  const labels = Array.from({ length: 1000 }, (_, i) => (i % 3 === 0 ? 1 : 0));
  const records = numbered(
    labels.map(() => ''),
    labels,
  );
  const left = neverTested(records).samples.map(({ fields }) => fields.i);
  const tested = [1, 2, 3].flatMap((seed) => splitTest(labels, seed).test);
  expect(left).toHaveLength(1000 - new Set(tested).size);
  expect(tested.filter((place) => left.includes(place))).toEqual([]);
});

test.each(SELECTIONS.map((one) => [one.subject.model.id, one] as const))(
  '%s: what the benchmark runs is a candidate',
  (_, selection) => {
    const { encoder, network } = selection.subject.model;
    const equal = selection.candidates.filter((candidate) => {
      const model = candidateModel(selection, candidate);
      return (
        model.encoder.width === encoder.width &&
        JSON.stringify(model.network) === JSON.stringify(network) &&
        JSON.stringify(Object.entries(candidate.training).sort()) ===
          JSON.stringify(Object.entries(selection.subject.training).sort())
      );
    });
    expect(equal).toHaveLength(1);
  },
);
