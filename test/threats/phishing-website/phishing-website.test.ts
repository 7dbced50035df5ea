import { describe, expect, test } from 'vitest';
import { phishingWebsiteSubject } from '../../../benchmarks/accuracy/phishing-website.ts';
import {
  PHISHING_FIELDS,
  phishingLabel,
  phishingSampleSchema,
  phishingWebsite,
} from '../../../threats/phishing-website/index.ts';
import { publicData } from '../public-data.ts';
import { aurocOf } from '../shuffled-labels.ts';

test('thirty judgements of three values each, the result not among them', () => {
  expect(PHISHING_FIELDS).toHaveLength(30);
  expect(PHISHING_FIELDS.map(({ field }) => field)).not.toContain('Result');
  expect(phishingWebsite.encoder.width).toBe(90);
});

test('−1 is phishing, 1 is legitimate, and nothing else is a label', () => {
  expect([-1, 1].map(phishingLabel)).toEqual([1, 0]);
  expect(() => phishingLabel(0)).toThrow(/Result must be -1/);
});

const uci = publicData('phishing-uci-websites');
describe.skipIf(!uci.present)('UCI 327 (skipped where the data is not there)', () => {
  test('5,849 records remain after repetitions; all fit the schema', async () => {
    const { train } = await phishingWebsiteSubject.load(uci.path);
    expect(train.samples).toHaveLength(5849);
    for (const sample of train.samples.slice(0, 1000)) phishingSampleSchema.parse(sample);
  });

  test('shuffled labels teach nothing, true ones much', { timeout: 60_000 }, async () => {
    const { train } = await phishingWebsiteSubject.load(uci.path);
    const rows = train.samples.length;
    const shuffledAuroc = await aurocOf(phishingWebsite, train, rows, true);
    expect(shuffledAuroc).toBeGreaterThanOrEqual(0.45);
    expect(shuffledAuroc).toBeLessThanOrEqual(0.55);
    expect(await aurocOf(phishingWebsite, train, rows, false)).toBeGreaterThan(0.96);
  });
});
