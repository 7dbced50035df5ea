/**
 * A threat whose records are rows of a log, from five hospitals' files to alarms: processes, mutual TLS, ledgers and
 * secure sums as they are deployed.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeRecords, readRecords } from '../../benchmarks/accuracy/data.ts';
import { JobRun } from '../../benchmarks/demo/job-run.ts';
import { TIMINGS } from '../../benchmarks/demo/plan.ts';
import { provision } from '../../benchmarks/demo/provision.ts';
import { SumVerification } from '../../benchmarks/demo/verification.ts';
import { seededUniform } from '../../benchmarks/seeded.ts';
import { tableReader } from '../../participant/readers/table.ts';
import { phishingWebsites } from '../../participant/readers/table-phishing.ts';
import { hospitalId } from '../../proto/vocabulary.ts';
import { phishingWebsite } from '../../threats/phishing-website/index.ts';
import { fedward, temporaryFolder } from './demo.ts';

const HOSPITALS = Array.from({ length: 5 }, (_, i) => hospitalId(`hospital-${i + 1}`));
const ROUNDS = 10;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

/** Websites as UCI 327 writes them: phishing where the first six judgements say so together. */
function websites(count: number, seed: number): string {
  const uniform = seededUniform(seed);
  const rows = Array.from({ length: count }, () => {
    const cells = Array.from({ length: 30 }, () => Math.floor(3 * uniform()) - 1);
    return [...cells, cells.slice(0, 6).reduce((a, b) => a + b) < 0 ? -1 : 1].join();
  });
  return `${rows.join('\n')}\n`;
}

it('trains on logs and detects in them; a row that cannot be read is told in the hospital’s own log', async () => {
  const test = join(folder.path, 'test.csv');
  writeFileSync(test, websites(500, 99));
  const records = await readRecords(phishingWebsite, tableReader(phishingWebsites), test);
  const job = {
    ...{ id: 'phishing-1', threat: phishingWebsite.id, epsilon: 8, rounds: ROUNDS, plannedRecords: 3000 },
    ...{ clip: 1, sampleRate: 0.25, strategy: { id: 'dp-adam', parameters: { learningRate: 0.1 } } },
  };
  const provisioned = await provision({
    ...{ folder: folder.path, threat: phishingWebsite, dataset: 'websites', job, timings: TIMINGS },
    members: HOSPITALS.map((id, i) => ({
      id,
      writeRecords: (path) => writeFile(path, `${websites(600, i)}${i === 0 ? 'torn,row\n' : ''}`),
    })),
    test: encodeRecords(phishingWebsite.encoder, records, [...records.labels.keys()]),
    policy: { threats: [phishingWebsite.id], maxEpsilon: 8, maxEpsilonIfOthersCollude: 40 },
  });
  const verification = new SumVerification();
  const run = new JobRun({
    ...{ folder: folder.path, provisioned, hospitals: HOSPITALS, faults: [], verify: true },
    onEvent: () => {},
    onMessage: (message) => {
      if (message.type === 'update') verification.update(message.attempt, message.hospital, message.vector);
      if (message.type === 'sum') verification.sum(message.attempt, message.contributors, message.sum);
    },
  });
  const { finished } = await run.start();
  const { end, ledgers } = await finished;
  expect(end).toMatchObject({ outcome: 'completed', roundsCommitted: ROUNDS });
  expect(verification.result().exact).toBe(ROUNDS);
  expect(end.metrics?.auroc).toBeGreaterThan(0.85);
  expect([...ledgers.values()].map(({ committed }) => committed)).toEqual(HOSPITALS.map(() => ROUNDS));

  const log = readFileSync(join(folder.path, 'hospital-1.log'), 'utf8');
  expect(log).toContain('data:601');
  // Prepared records are the hospital's, and nobody else's to read.
  const prepared = join(folder.path, 'hospital-1', 'records');
  expect(readdirSync(prepared, { recursive: true }).some((name) => String(name).endsWith('.records'))).toBe(
    true,
  );
  expect(existsSync(join(folder.path, 'coordinator', 'records'))).toBe(false);

  const scan = await fedward(
    ...['detect', '--model', join(folder.path, 'model'), '--input', test, '--format', 'json', '--all'],
  );
  expect(scan.code).toBe(10);
  const scored = scan.lines.filter(({ type }) => type === 'record');
  expect(scored).toHaveLength(500);
  const right = scored.filter(({ detected }, i) => detected === (records.labels[i] === 1)).length;
  expect(right / scored.length).toBeCloseTo(end.metrics?.accuracy ?? 0, 10);
});
