/** A drawing that cannot be written is refused before hours of training. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkPlot } from '../../../benchmarks/cli/accuracy.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedward-plot-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('--plot is checked without writing', async () => {
  await checkPlot(join(folder, 'a.svg'));
  await expect(checkPlot('')).rejects.toThrow(/--plot needs a value/);
  await expect(checkPlot(folder)).rejects.toThrow(/is no file/);
  await expect(checkPlot(join(folder, 'no', 'a.svg'))).rejects.toThrow(/the folder does not exist/);
});
