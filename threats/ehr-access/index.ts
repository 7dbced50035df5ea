/** Misuse of legitimate access to patient records, by a user's hour: docs/threats/ehr-access.md. */
import { type FieldSpec, fieldEncoder, sampleSchema } from '../features.ts';
import type { LogThreat } from '../log-threat.ts';
import { ROLE_GROUPS } from './access.ts';
import { MOST_NETWORKS, MOST_PATIENTS } from './episode.ts';
import { prepareEpisodes } from './episodes.ts';
import { EHR_ACCESS_CLASSES } from './verdicts.ts';

/** Any change of fields, scales or knots changes every feature: then this name changes too. */
const ENCODER_ID = 'ehr-access-hour/1';

const log =
  (most: number, bins: number) =>
  (field: string): FieldSpec => ({ kind: 'knots', field, scale: { type: 'log', most }, bins });
const linear =
  (most: number, bins: number) =>
  (field: string): FieldSpec => ({ kind: 'knots', field, scale: { type: 'linear', least: 0, most }, bins });

export const EHR_ACCESS_FIELDS: readonly FieldSpec[] = [
  ...['reads', 'writes', 'exports', 'queries', 'busiest_minute'].map(log(1024, 6)),
  ...['patients', 'patients_only_read', 'reads_of_one'].map(log(MOST_PATIENTS, 6)),
  ...['patients_notable', 'patients_emergency', 'patients_restricted'].map(log(64, 4)),
  ...['rows_notable', 'rows_emergency', 'failures'].map(log(64, 4)),
  log(MOST_NETWORKS, 4)('networks'),
  ...['share_treatment', 'share_outside'].map(linear(1, 4)),
  linear(24, 8)('hour'),
  { kind: 'flag', field: 'weekend' },
  { kind: 'oneOf', field: 'role', values: ROLE_GROUPS, other: true },
];

export const ehrAccessSampleSchema = sampleSchema(EHR_ACCESS_FIELDS);

const encoder = fieldEncoder(ENCODER_ID, EHR_ACCESS_FIELDS);

export const ehrAccess: LogThreat = {
  id: 'ehr-access',
  title: 'Misuse of patient records',
  encoder,
  // Softmax regression: convex, explained feature by feature. A hidden layer adds nothing that survives the noise:
  // docs/threats/ehr-access.md.
  network: {
    inputs: encoder.width,
    layers: [{ units: EHR_ACCESS_CLASSES.length, activation: 'softmax' }],
  },
  classes: EHR_ACCESS_CLASSES,
  formats: ['fhir-audit', 'atna-audit'],
  gathers: true,
  prepare: () => prepareEpisodes(),
};
