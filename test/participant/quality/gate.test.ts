/** The gate names what is wrong, and refuses it by the limit's key. */
import { describe, expect, test } from 'vitest';
import {
  createProfile,
  describeQuality,
  enforceQuality,
  type QualityReport,
  qualityGate,
  qualityLimitsSchema,
} from '../../../participant/quality.ts';
import { refused } from '../../../participant/readers/table-row.ts';
import { BOTH, LIMITS, labelled, range, report, row } from './rows.ts';

describe('the gate', () => {
  const good = range(300).map((i) => row({ x: i }));
  const keys = (made: QualityReport, limits = LIMITS) => qualityGate(made, limits).map(({ limit }) => limit);

  test('lets good records pass', () => {
    const made = report(good, { expected: ['x'], samples: BOTH });
    expect(keys(made)).toEqual([]);
    expect(() => enforceQuality(made, LIMITS)).not.toThrow();
  });

  test.each<[string, QualityReport, RegExp]>([
    ['minRecords', report(good.slice(0, 199)), /There are 199 records; 200 are needed/],
    ['minRecords', report(good, { samples: BOTH.slice(60, 255) }), /There are 195 records with a label/],
    [
      'maxRefusedShare',
      report([...good, ...range(16).map((i) => refused('a.csv', i + 1, 'Broken.', 2))]),
      /16 of 316 lines \(5\.1 %\).*a\.csv:1:2 Broken\./,
    ],
    ['maxMissingShare', report(good, { expected: ['x', 'y', 'z'], samples: BOTH }), /No record has y, z/],
    [
      'maxMissingShare',
      report(good.concat(range(301).map(() => row({ x: null }))), { expected: ['x'] }),
      /lack fields.*x \(50\.1 %\)/,
    ],
    ['requireBothClasses', report(good, { samples: range(300).map(() => 0) }), /Every record is "benign"/],
    ['requireBothClasses', report(good, { samples: range(300).map(() => 1) }), /No record is "benign"/],
  ])('refuses by %s', (limit, made, words) => {
    expect(keys(made)).toEqual([limit]);
    expect(() => enforceQuality(made, LIMITS)).toThrow(
      expect.objectContaining({ code: 'DATA_INVALID', message: expect.stringMatching(words) }),
    );
    expect(() => enforceQuality(made, LIMITS)).toThrow(`quality.${limit}`);
  });

  test('refuses samples that the threat could not be made of', () => {
    const profile = createProfile({ expected: [], classes: ['benign', 'bad'] });
    for (const item of good) profile.item(item);
    for (const label of BOTH) profile.prepared(labelled(label));
    for (const _ of range(20)) profile.prepared({ kind: 'refused', reason: 'The label is not known.' });
    expect(() => enforceQuality(profile.report(), LIMITS)).toThrow(
      /20 of 320 records.*a\.log:1 The label is not known\./,
    );
  });

  test('a site may be stricter or laxer, in known keys only', () => {
    expect(keys(report(good), qualityLimitsSchema.parse({ minRecords: 301 }))).toEqual(['minRecords']);
    expect(() => qualityLimitsSchema.parse({ minRecord: 5 })).toThrow();
  });
});

test('the words say what is wrong first, and never show a value', () => {
  const made = report(
    [
      ...range(50).map((i) =>
        row({ name: 'Miller', x: 1 }, { position: i, note: i === 3 ? 'Half of it.' : '' }),
      ),
      refused('a.log', 51, 'Broken.'),
    ],
    { samples: [0, 0, 1, null] },
  );
  const lines = describeQuality(made);
  expect(lines[0]).toMatch(/^There are 3 records with a label/);
  expect(lines.join('\n')).toMatch(/1 refused, the first at a\.log:51 Broken\./);
  expect(lines).toContain('49 rows repeat another in every cell (98.0 %).');
  expect(lines).toContain('Labels: benign 2 (66.7 %), bad 1 (33.3 %); 1 without one.');
  expect(lines).toContain('2 fields never change: name, x.');
  expect(lines.join()).not.toMatch(/Miller/);
});
