/** Telemedicine sessions that are not what they seem: docs/threats/telemedicine-session.md. */
import { FedwardError } from '../../proto/errors.ts';
import { type FieldSpec, fieldEncoder, type Scale, sampleSchema } from '../features.ts';
import { type LogThreat, labelText, rowByRow } from '../log-threat.ts';
import { SESSION_FORMAT } from './session.ts';

/** Any change of fields, scales or knots changes every feature: then this name changes too. */
const ENCODER_ID = 'telemedicine-session/1';

/** Chosen on training-side folds: docs/threats/telemedicine-session.md. */
const BINS = 4;

/** Verdicts by label; 0 is benign. */
export const SESSION_CLASSES = [
  'legitimate',
  'session-hijack',
  'account-takeover',
  'uninvited-participant',
  'data-exfiltration',
  'prescription-fraud',
] as const;
export type SessionClass = (typeof SESSION_CLASSES)[number];

const ROLES = 'patient clinician carer interpreter';
const oneOf = (field: string, values: string): FieldSpec => ({
  ...{ kind: 'oneOf', field, values: values.split(' '), other: true },
});
const knots = (field: string, scale: Scale): FieldSpec => ({ kind: 'knots', field, scale, bins: BINS });
const log = (field: string, most: number, unit = 1) => knots(field, { type: 'log', most, unit });
const flag = (field: string): FieldSpec => ({ kind: 'flag', field });

export const SESSION_FIELDS: readonly FieldSpec[] = [
  knots('hour', { type: 'linear', least: 0, most: 24 }),
  log('duration_s', 86_400, 30),
  oneOf('visit_type', 'video audio monitoring group consult'),
  oneOf('role', ROLES),
  oneOf('peer_role', ROLES),
  oneOf('auth', 'password sso link smartcard eid'),
  oneOf('second_factor', 'none sms totp push passkey'),
  log('failed_logins', 50),
  ...['new_device', 'country_changed', 'asn_changed'].map(flag),
  log('network_changes', 20),
  log('token_refreshes', 200),
  log('concurrent_sessions', 10),
  // From 64 KiB to 16 GiB.
  ...['bytes_up', 'bytes_down'].map((field) => log(field, 2 ** 34, 2 ** 16)),
  log('packet_loss', 1, 0.005),
  log('jitter_ms', 1000),
  log('files_shared', 100),
  ...['screen_shares', 'chat_links'].map((field) => log(field, 20)),
  flag('recording'),
  log('participants', 50),
  flag('waiting_room_bypassed'),
  log('prescriptions', 20),
  oneOf('prescription_amount', 'none small usual large'),
  flag('controlled_substance'),
];

export const sessionSampleSchema = sampleSchema(SESSION_FIELDS);

/**
 * Index in `SESSION_CLASSES`.
 *
 * @throws FedwardError `DATA_INVALID` for a verdict that is not among them.
 */
export function sessionLabel(verdict: string): number {
  const label = (SESSION_CLASSES as readonly string[]).indexOf(verdict);
  if (label >= 0) return label;
  throw new FedwardError(
    'DATA_INVALID',
    `The verdict of a session must be one of ${SESSION_CLASSES.join(', ')}, or unset. Map it to one of these.`,
  );
}

const encoder = fieldEncoder(ENCODER_ID, SESSION_FIELDS);

export const telemedicineSession: LogThreat = {
  id: 'telemedicine-session',
  title: 'Telemedicine session',
  encoder,
  network: {
    inputs: encoder.width,
    layers: [{ units: SESSION_CLASSES.length, activation: 'softmax' }],
  },
  classes: SESSION_CLASSES,
  formats: [SESSION_FORMAT],
  prepare: rowByRow({
    fields: SESSION_FIELDS.map(({ field }) => field),
    label(labels) {
      const verdict = labelText(labels, 'verdict');
      return verdict === null ? null : sessionLabel(verdict);
    },
    detail: (labels) => labelText(labels, 'verdict'),
    entity: (context) => labelText(context, 'account'),
  }),
};
