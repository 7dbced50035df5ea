import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { coordinatorConfigSchema } from '../../coordinator/config.ts';
import { runCoordinator } from '../../coordinator/coordinator.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedward-coordinator-'));
afterAll(() => rmSync(folder, { recursive: true }));

const key = (byte: number) => Buffer.alloc(32, byte).toString('base64');

function run(output: string): Promise<unknown> {
  const config = coordinatorConfigSchema.parse({
    listen: { port: 0 },
    tls: { ca: 'none', certificate: 'none', privateKey: 'none' },
    members: Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`hospital-${i}`, key(i)])),
    ...{ testSet: 'none.bin', output },
    job: {
      ...{ id: 'a-job', threat: 'phishing-website', epsilon: 3, rounds: 2, plannedRecords: 1000 },
      ...{ clip: 1, sampleRate: 0.1, strategy: { id: 'dp-sgd' } },
    },
  });
  const [announce, listening] = [() => {}, () => {}];
  return runCoordinator({ config, folder, announce, listening, signal: new AbortController().signal });
}

test('a model that could not be kept is not trained', async () => {
  writeFileSync(join(folder, 'a-file'), '');
  const impossible = run('a-file/model');
  await expect(impossible).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  await expect(impossible).rejects.toThrow(/^output: the model could not be written to .*a-file/);
  // With a folder that will do, the next thing missing is named, and nothing lies in the folder.
  await expect(run('model')).rejects.toThrow(/none\.bin/);
  expect(readdirSync(join(folder, 'model'))).toEqual([]);
});
