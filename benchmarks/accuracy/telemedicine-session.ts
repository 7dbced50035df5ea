/** Generated sessions of a quarter: the last fifth of the days is the test set. */
import { generateSessionRows } from '../../threats/telemedicine-session/generator.ts';
import { telemedicineSession } from '../../threats/telemedicine-session/index.ts';
import { seededUniform } from '../seeded.ts';
import { recordsOfRows } from './data.ts';
import type { GeneratedSubject, Rule } from './subject.ts';

const TEST_SHARE = 0.2;

/**
 * Points as a security team would give them, in the order of the kinds of anomaly; divided so that all of them
 * together stay below 1.
 */
export const sessionRule: Rule = ({ fields }) => {
  const of = (field: string) => Number(fields[field] ?? 0);
  const is = (field: string) => of(field) > 0;
  const group = fields.visit_type === 'group';
  const points: readonly (readonly [suspicious: boolean, points: number])[] = [
    // Hijacked.
    [of('network_changes') >= 1 && of('concurrent_sessions') >= 1, 3],
    [is('country_changed') && of('network_changes') >= 1, 2],
    [of('token_refreshes') > 2 + of('duration_s') / 900, 1],
    // Taken over.
    [is('new_device') && (is('country_changed') || is('asn_changed')), 3],
    [is('new_device') && fields.second_factor === 'none', 1],
    [of('failed_logins') >= 3, 2],
    // Uninvited.
    [is('waiting_room_bypassed') && of('chat_links') >= 1, 3],
    [of('participants') > (group ? 14 : 4), 2],
    // Leaving with data.
    [of('files_shared') >= 4, 2],
    [is('recording') && of('screen_shares') >= 1, 2],
    [of('bytes_up') > 500e6 && of('files_shared') >= 1, 1],
    // A prescription mill.
    [of('prescriptions') >= 1 && of('duration_s') < 240 && is('controlled_substance'), 4],
    [fields.prescription_amount === 'large' && of('duration_s') < 240, 2],
    [of('prescriptions') >= 3, 1],
    // Anything by night.
    [of('hour') < 6 || of('hour') >= 22, 1],
  ];
  const most = points.reduce((sum, [, each]) => sum + each, 1);
  return points.reduce((sum, [suspicious, each]) => sum + (suspicious ? each : 0), 0) / most;
};

export const telemedicineSessionSubject: GeneratedSubject = {
  source: 'generated',
  threat: telemedicineSession.id,
  model: telemedicineSession,
  // 72,000 sessions of which one in fifty is an anomaly: what learns them is many small steps. No gradient exceeds
  // √2 · √28, that of 27 fields and the bias.
  training: {
    ...{ rounds: 300, sampleRate: 0.1, delta: 1e-6 },
    ...{ clip: 2, clipWithoutDp: 10, learningRate: 0.15 },
  },
  threshold: { type: 'falseAlarms', share: 0.01 },
  rule: sessionRule,
  generate(seed) {
    const rows = [...generateSessionRows(seededUniform(seed))];
    const border = Math.round((1 - TEST_SHARE) * rows.length);
    return {
      train: recordsOfRows(telemedicineSession, rows.slice(0, border)),
      test: recordsOfRows(telemedicineSession, rows.slice(border)),
    };
  },
};
