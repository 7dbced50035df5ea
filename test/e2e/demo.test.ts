/**
 * The whole consortium as operating-system processes, over real mutual TLS. Few rounds: the detector need not
 * be good here, the protocol must be exact. The figures of the full demo come from `npm run demo`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDemoReport } from '../../benchmarks/demo/report-data.ts';
import { fedward, start, temporaryFolder } from './demo.ts';

const QUICK = ['--rounds', '6', '--mails', '3000'];
/** χ² over 256 byte values: uniform bytes exceed six standard deviations once in 10^7. */
const UNIFORM = 255 + 6 * Math.sqrt(2 * 255);

describe('fedward demo', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(() => folder.remove());

  const demo = (...args: string[]) =>
    fedward('demo', '--format', 'json', '--verify-sums', '--out', folder.path, ...QUICK, ...args);
  const report = async () =>
    parseDemoReport(JSON.parse(await readFile(join(folder.path, 'report.json'), 'utf8')));

  it('trains to the end; every sum is exact and ε within the budget', async () => {
    const { code, lines, stderr } = await demo();
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const summary = lines.at(-1);
    expect(summary).toMatchObject({ type: 'summary', mode: 'distributed', hospitals: 5, dropped: [] });
    expect(summary?.epsilon).toBeLessThanOrEqual(3);
    expect((await report()).sumsVerified).toMatchObject({ checked: 6, exact: 6 });
    for (const name of ['report.html', 'model/model.json', 'model/weights.bin'])
      expect(existsSync(join(folder.path, name))).toBe(true);
  });

  it('shows the coordinator nothing but uniform bytes of each hospital', async () => {
    const chiSquare = (await report()).sumsVerified?.chiSquare ?? [];
    expect(chiSquare).toHaveLength(5);
    for (const { received, unmasked } of chiSquare) {
      expect(received).toBeLessThan(UNIFORM);
      // The same vectors with masking switched off: were they uniform too, the line above would say nothing.
      expect(unmasked).toBeGreaterThan(100 * UNIFORM);
    }
  });

  it('gives through `fedward detect` the very scores that the report names', async () => {
    const { examples, run } = await report();
    const input = join(folder.path, 'runs', run, 'examples');
    const { code, lines } = await fedward(
      'detect',
      ...['--format', 'json', '--model', join(folder.path, 'model'), '--input', input],
    );
    expect([0, 10]).toContain(code);
    const scores = new Map(
      lines.filter((line) => line.score !== undefined).map((line) => [line.source, line.score]),
    );
    expect(scores.size).toBe(examples.length);
    for (const { file, score } of examples) {
      const [, found] = [...scores].find(([source]) => String(source).endsWith(file)) ?? [];
      expect(found).toBe(score);
    }
  });

  it.each(['R0', 'R1', 'R2', 'R3', 'R4'])(
    'goes on with four hospitals when one is killed in %s',
    async (stage) => {
      const { code, lines } = await demo('--kill', `hospital-3@${stage}`);
      expect(code).toBe(0);
      expect(lines.at(-1)).toMatchObject({
        rounds: 6,
        dropped: [{ hospital: 'hospital-3', stage, round: 3 }],
      });
      const { history, sumsVerified } = await report();
      expect(sumsVerified).toMatchObject({ checked: 6, exact: 6 });
      expect(history[2]?.contributors.includes('hospital-3')).toBe(stage === 'R3' || stage === 'R4');
      expect(history[3]?.contributors).toHaveLength(4);
    },
  );

  it('ends with exit code 5 and names both hospitals when two of five are killed', async () => {
    const { code, stderr } = await demo('--kill', 'hospital-3@R2', '--kill', 'hospital-5@R2');
    expect(code).toBe(5);
    expect(stderr).toContain('hospital-3');
    expect(stderr).toContain('hospital-5');
  });

  it.each(['SIGINT', 'SIGKILL'] as const)('leaves no process behind after %s', async (signal) => {
    const { child, finished } = start(['demo', '--format', 'json', '--mails', '3000', '--out', folder.path]);
    await new Promise<void>((resolve) => {
      child.stdout?.on('data', (chunk) => {
        if (String(chunk).includes('round-committed')) resolve();
      });
    });
    const before = await report();
    child.kill(signal);
    await finished;
    await gone(folder.path);
    // What was published before is still whole.
    expect((await report()).run).toBe(before.run);
    expect(await unfinishedRuns(folder.path)).toHaveLength(signal === 'SIGKILL' ? 1 : 0);
  });

  it('runs over the folder of a killed run and removes what it left', async () => {
    expect((await demo()).code).toBe(0);
    expect(await unfinishedRuns(folder.path)).toEqual([]);
  });

  it('refuses impossible options with exit code 2 and a sentence', async () => {
    const { code, stderr } = await demo('--kill', 'hospital-9@R2');
    expect(code).toBe(2);
    expect(stderr).toContain('hospital-9');
  });
});

/** Resolves when no process mentions `folder` any more; the test's time limit ends the wait. */
async function gone(folder: string): Promise<void> {
  const alive = () => execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).includes(`${folder}/runs`);
  while (alive()) await new Promise((resolve) => setTimeout(resolve, 100));
}

async function unfinishedRuns(folder: string): Promise<string[]> {
  const runs = await readdir(join(folder, 'runs'));
  return runs.filter((run) => existsSync(join(folder, 'runs', run, 'unfinished')));
}
