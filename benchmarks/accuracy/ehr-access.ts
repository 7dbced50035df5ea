/** Generated audit logs, a consortium for each seed: trained on the first weeks, tested on the same staff's last. */

import { auditRows } from '../../threats/ehr-access/generator.ts';
import { ehrAccess } from '../../threats/ehr-access/index.ts';
import type { FieldSample } from '../../threats/features.ts';
import type { Preparer } from '../../threats/log-threat.ts';
import { seededUniform } from '../seeded.ts';
import { pick, recordsOfRows } from './data.ts';
import type { GeneratedSubject, Loaded } from './subject.ts';

const STAFF = 500;
const WEEKS = { all: 16, train: 11 };
const WEEK_MS = 7 * 24 * 3_600_000;

function generate(seed: number): Loaded {
  // One pass over all weeks: their rows together are too many to hold.
  const { push, end } = ehrAccess.prepare();
  let begin: number | null = null;
  let first = 0;
  const counting: Preparer = {
    push(row) {
      const prepared = push(row);
      const at = Date.parse(String(row.fields.recorded));
      begin ??= at;
      if (at < begin + WEEKS.train * WEEK_MS) first += prepared.length;
      return prepared;
    },
    end,
  };
  const rows = auditRows(seededUniform(seed), { staff: STAFF, weeks: WEEKS.all });
  const records = recordsOfRows({ ...ehrAccess, prepare: () => counting }, rows);
  const places = [...records.labels.keys()];
  return { train: pick(records, places.slice(0, first)), test: pick(records, places.slice(first)) };
}

/** What a security team would write down: points for what each line of its policy calls suspicious. */
export function ehrAccessRule({ fields }: FieldSample): number {
  const value = (field: string) => Number(fields[field] ?? 0);
  const tests: readonly (readonly [boolean, number])[] = [
    [value('rows_emergency') > 0, 2],
    [value('patients_notable') > 0, 2],
    [value('patients_restricted') > 0, 0.5],
    [value('hour') >= 20 || value('hour') < 6 || value('weekend') > 0, 1],
    [value('patients') > 30, 1],
    [value('patients') > 100, 2],
    [value('exports') > 0, 1],
    [value('share_outside') > 0, 1],
    [value('share_outside') > 0 && value('share_outside') < 1, 1],
    [value('networks') > 3, 1],
    [value('failures') >= 3, 1],
  ];
  return tests.reduce((score, [holds, points]) => score + (holds ? points : 0), 0) / 20;
}

export const ehrAccessSubject: GeneratedSubject = {
  source: 'generated',
  threat: ehrAccess.id,
  model: ehrAccess,
  training: {
    ...{ rounds: 300, sampleRate: 0.1, delta: 1e-6 },
    ...{ clip: 1, clipWithoutDp: 7, learningRate: 0.1 },
  },
  threshold: { type: 'falseAlarms', share: 0.01 },
  generate,
  rule: ehrAccessRule,
};
