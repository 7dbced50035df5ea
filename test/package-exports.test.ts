/** The library as another package imports it, from the built files. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const BUILT = existsSync(fileURLToPath(new URL('../dist/dp/accounting/rdp.js', import.meta.url)));

it.skipIf(!BUILT)('gives its rooms under their own names', async () => {
  // Through variables, so that the compiler does not look for a build.
  const [rdp, ledger]: string[] = ['fedward/dp/accounting/rdp.js', 'fedward/dp/ledger.js'];
  const { RdpAccountant } = await import(/* @vite-ignore */ String(rdp));
  const accountant = new RdpAccountant();
  accountant.compose({ type: 'gaussian', noiseMultiplier: 10 }, 100);
  expect(accountant.epsilon(1e-5)).toBeCloseTo(4.72850707, 5);
  expect(await import(/* @vite-ignore */ String(ledger))).toHaveProperty('openLedger');
});
