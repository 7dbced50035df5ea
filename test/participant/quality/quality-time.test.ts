import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createTimeline } from '../../../participant/quality-time.ts';
import type { RowItem } from '../../../participant/readers/table-row.ts';
import type { RowSample } from '../../../threats/record.ts';

function row(format: string, ts: number | null): [RowSample, RowItem] {
  const sample: RowSample = { format, fields: {}, labels: {}, context: { ts } };
  return [sample, { kind: 'record', source: 'a.log', position: 1, sample, note: null }];
}

test('what is remembered of formats does not grow with their number', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const timeline = createTimeline();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const formats = 300_000;
  for (let i = 0; i < formats; i++) timeline.take(...row(`suricata/type-${i}`, i));
  collectGarbage();
  // A hundred bytes each would be thirty million.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(5e6);
  expect(timeline.report()).toMatchObject({ field: 'ts', from: 0, to: formats - 1, steps: formats - 1 });
});

test('rows of a format beyond the remembered ones are timed all the same', () => {
  const timeline = createTimeline();
  for (let i = 0; i < 200; i++) timeline.take(...row(`suricata/${i}`, null));
  timeline.take(...row('suricata/late', 5));
  timeline.take(...row('suricata/late', 4));
  expect(timeline.report()).toMatchObject({ from: 4, to: 5, steps: 1, backwards: 1 });
});
