/** The configurations that the documents print are ones that the programs take. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { coordinatorConfigSchema } from '../../coordinator/config.ts';
import { hospitalConfigSchema } from '../../participant/config.ts';
import { identityKeys, parseConfig } from '../../proto/config.ts';

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/```yaml\n# (\S+)\n([\s\S]*?)```/g)];
const blockOf = (name: string) => blocks.find(([, file]) => file === name)?.[2] ?? '';

test('hospital.yaml', () => {
  const config = parseConfig(hospitalConfigSchema, blockOf('hospital.yaml'), 'hospital.yaml');
  expect(config.policy).toMatchObject({ modes: ['distributed', 'local'], minHospitals: 5 });
  expect(identityKeys(config.members).size).toBe(2);
  const other = blockOf('hospital.yaml').replace('threats: [network-flows]', 'threats: [ehr-access]');
  expect(() => parseConfig(hospitalConfigSchema, other, 'hospital.yaml')).toThrow(
    /policy\.threats: lacks "network-flows", which data\.threat/,
  );
});

test('coordinator.yaml', () => {
  const config = parseConfig(coordinatorConfigSchema, blockOf('coordinator.yaml'), 'coordinator.yaml');
  expect(config.job).toMatchObject({ mode: 'distributed', epsilon: 3, rounds: 200 });
});
