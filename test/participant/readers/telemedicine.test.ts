import { expect, test } from 'vitest';
import { seededUniform } from '../../../benchmarks/seeded.ts';
import { telemedicineReader } from '../../../participant/readers/telemedicine.ts';
import {
  generateSessionRows,
  generateSessions,
  sessionLine,
} from '../../../threats/telemedicine-session/generator.ts';
import { readText, samples, troubles } from './sources.ts';

const LEAST = {
  ...{ start: '2026-03-02T23:45:10-05:00', duration_s: 61.5, visit_type: 'video', account: 'a-1' },
  role: 'patient',
};
const line = (more: object) => JSON.stringify({ ...LEAST, ...more });

test('the generated log, written and read, is the generated rows', async () => {
  const options = { sessions: 1500, days: 5 };
  const lines = [...generateSessions(seededUniform(11), options)].map(sessionLine);
  const items = await readText(telemedicineReader, `${lines.join('\n')}\n`, {}, 1000);
  expect(troubles(items)).toEqual([]);
  expect(samples(items)).toEqual([...generateSessionRows(seededUniform(11), options)]);
});

test('the hour is the account’s own; what is absent is unset; fields not declared stay out', async () => {
  const items = await readText(telemedicineReader, line({ new_device: true, note: 'Jane Doe' }));
  const [sample] = samples(items);
  expect(sample?.fields).toMatchObject({ hour: 23.75, duration_s: 61.5, new_device: 1, auth: null });
  expect(sample?.fields).not.toHaveProperty('note');
  expect(sample?.labels).toEqual({ verdict: null });
  expect(sample?.context).toEqual({ session: null, start: LEAST.start, account: 'a-1', peer: null });
});

test('bad lines are located by line and field, never quoted, and the rest is read', async () => {
  const lines = [
    line({}),
    '{"start": ',
    line({ start: '2026-03-02T23:45:10' }),
    line({ packet_loss: 1.5 }),
    line({ recording: 'Jane Doe' }),
    line({ files_shared: -1 }),
    line({ account: '' }),
    '[]',
    '',
    line({ visit_type: 'hologram' }),
  ];
  const items = await readText(telemedicineReader, lines.join('\n'));
  expect(items.map(({ kind, position }) => `${position} ${kind}`)).toEqual([
    '1 record',
    ...[2, 3, 4, 5, 6, 7, 8].map((position) => `${position} refused`),
    '10 record',
  ]);
  const reasons = troubles(items);
  expect(reasons.slice(1, 6).map((reason) => /The field (\w+) does not fit/.exec(reason)?.[1])).toEqual([
    ...['start', 'packet_loss', 'recording', 'files_shared', 'account'],
  ]);
  expect(reasons.join()).not.toMatch(/Jane|hologram/);
});
