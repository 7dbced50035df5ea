/** The cheap half of `npm run test:mutants`: every mutant still applies, and the tests it names are there. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { occurrences } from './copy.ts';
import { MUTANTS } from './mutants.ts';

describe.each(MUTANTS)('$name', (mutant) => {
  it('changes one place', () => {
    expect(occurrences(mutant)).toBe(1);
    expect(mutant.replace).not.toBe(mutant.find);
  });

  it('is for tests that exist', () => {
    expect(mutant.tests.length).toBeGreaterThan(0);
    for (const file of mutant.tests) expect(existsSync(new URL(`../../${file}`, import.meta.url))).toBe(true);
  });
});

it('no two have the same name', () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});
