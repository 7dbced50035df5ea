/**
 * What `select.ts` compares, and on which records: never on one that the benchmark tests on.
 *
 * NSL-KDD's folds leave attack types out of training, since its official test set is full of new ones. The other
 * sets have random test sets, one for each seed: their folds are random splits of the records in none of these.
 */
import { type FieldSpec, fieldEncoder } from '../../threats/features.ts';
import type { LogThreat } from '../../threats/log-threat.ts';
import { FLOW_FIELDS } from '../../threats/network-intrusion/flow.ts';
import { NSL_KDD_FIELDS } from '../../threats/network-intrusion/nsl-kdd.ts';
import { UNSW_NB15_FIELDS } from '../../threats/network-intrusion/unsw-nb15.ts';
import { PHISHING_FIELDS } from '../../threats/phishing-website/index.ts';
import { splitTest } from '../partition.ts';
import { TEST_SHARE } from './bench.ts';
import { pick, type Records } from './data.ts';
import { networkFlowsSubject, nslKddSubject, readNslKdd, unswNb15Subject } from './network-intrusion.ts';
import { phishingWebsiteSubject } from './phishing-website.ts';
import type { FileSubject, TrainingConstants } from './subject.ts';

export interface Candidate {
  /** Between a number's knots; null where no field has any. */
  readonly bins: number | null;
  /** Units of the one hidden layer; 0 for none. */
  readonly hidden: number;
  readonly training: TrainingConstants;
}

/** Indices of records. */
export interface Fold {
  readonly train: readonly number[];
  readonly test: readonly number[];
}

export interface Selection {
  readonly subject: FileSubject;
  readonly fields: readonly FieldSpec[];
  /** Only such as the benchmark does not test on. */
  records(folder: string): Promise<Records>;
  folds(records: Records): readonly Fold[];
  /** The simplest first: fewest weights, then fewest visits. */
  readonly candidates: readonly Candidate[];
}

/** Seeds of the benchmark's runs, whose test records are kept out. */
const BENCH_SEEDS = [1, 2, 3];
/** Other than any that the benchmark derives from its own. */
const FOLD_SEEDS = [501, 502];

/** Attack types of NSL-KDD's training set that a fold's training never sees. */
export const LEFT_OUT: readonly (readonly string[])[] = [
  'back pod teardrop portsweep nmap warezclient rootkit imap phf',
  'smurf land satan ipsweep guess_passwd warezmaster ftp_write multihop loadmodule perl',
].map((names) => names.split(' '));

/** Tested on: every record of the types left out, and a fifth of the others. */
export function foldsByAttack({ labels, details }: Records): Fold[] {
  return LEFT_OUT.map((names, i) => {
    const places = [...labels.keys()];
    const known = places.filter((place) => !names.includes(details[place] ?? ''));
    const split = splitTest(
      known.map((place) => labels[place] ?? 0),
      FOLD_SEEDS[i] ?? 0,
      TEST_SHARE,
    );
    const original = (of: readonly number[]) => of.map((place) => known[place] ?? 0);
    const fresh = places.filter((place) => names.includes(details[place] ?? ''));
    return { train: original(split.train), test: [...original(split.test), ...fresh] };
  });
}

export function randomFolds({ labels }: Records): Fold[] {
  return FOLD_SEEDS.map((seed) => splitTest(labels, seed, TEST_SHARE));
}

/** Those that none of the benchmark's seeds tests on. */
export function neverTested(records: Records): Records {
  const tested = new Set(BENCH_SEEDS.flatMap((seed) => splitTest(records.labels, seed, TEST_SHARE).test));
  return pick(
    records,
    [...records.labels.keys()].filter((place) => !tested.has(place)),
  );
}

/** Changes of `training`, each with what goes with it. */
function candidatesOf(
  training: TrainingConstants,
  ...changes: readonly (Omit<Candidate, 'training'> & Partial<TrainingConstants>)[]
): Candidate[] {
  return changes.map(({ bins, hidden, ...constants }) => ({
    ...{ bins, hidden },
    training: { ...training, ...constants },
  }));
}

function random(
  subject: FileSubject,
  fields: readonly FieldSpec[],
  candidates: readonly Candidate[],
): Selection {
  const records = async (folder: string) => neverTested((await subject.load(folder)).train);
  return { subject, fields, candidates, records, folds: randomFolds };
}

const flows = { rounds: 200, sampleRate: 0.1, clip: 1, clipWithoutDp: 10, delta: 1e-6 };

export const SELECTIONS: readonly Selection[] = [
  {
    subject: nslKddSubject,
    fields: NSL_KDD_FIELDS,
    records: (folder) => readNslKdd(folder, nslKddSubject.file),
    folds: foldsByAttack,
    candidates: candidatesOf(
      { rounds: 100, sampleRate: 0.05, clip: 1, clipWithoutDp: 10, delta: 1e-6, learningRate: 0.1 },
      { bins: 4, hidden: 0 },
      { bins: 8, hidden: 0 },
      { bins: 8, hidden: 0, learningRate: 0.05 },
      { bins: 8, hidden: 0, clip: 0.5 },
      { bins: 8, hidden: 0, rounds: 200 },
      { bins: 8, hidden: 32, learningRate: 0.03 },
    ),
  },
  random(
    unswNb15Subject,
    UNSW_NB15_FIELDS,
    candidatesOf(
      { ...flows, learningRate: 0.1 },
      { bins: 8, hidden: 0, rounds: 100 },
      { bins: 8, hidden: 0 },
      { bins: 8, hidden: 0, clip: 0.5 },
      { bins: 8, hidden: 32, learningRate: 0.03 },
    ),
  ),
  random(
    networkFlowsSubject,
    FLOW_FIELDS,
    candidatesOf(
      { ...flows, clipWithoutDp: 50, learningRate: 0.03 },
      { bins: 8, hidden: 0, learningRate: 0.1 },
      { bins: 8, hidden: 16 },
      { bins: 8, hidden: 32, rounds: 100 },
      { bins: 8, hidden: 32 },
      { bins: 8, hidden: 32, clip: 0.5 },
    ),
  ),
  random(
    phishingWebsiteSubject,
    PHISHING_FIELDS,
    candidatesOf(
      { rounds: 150, sampleRate: 0.2, clip: 1, clipWithoutDp: 6, delta: 1e-5, learningRate: 0.03 },
      { bins: null, hidden: 0, learningRate: 0.1 },
      { bins: null, hidden: 16 },
      { bins: null, hidden: 32, rounds: 75 },
      { bins: null, hidden: 32 },
      { bins: null, hidden: 32, clip: 0.5 },
    ),
  ),
];

/** The subject's threat with the candidate's knots and network. */
export function candidateModel({ subject, fields }: Selection, { bins, hidden }: Candidate): LogThreat {
  const specs = fields.map((spec) => (spec.kind === 'knots' && bins !== null ? { ...spec, bins } : spec));
  const encoder = fieldEncoder('candidate/1', specs);
  const last = subject.model.network.layers.slice(-1);
  const layers = hidden === 0 ? last : [{ units: hidden, activation: 'relu' } as const, ...last];
  return { ...subject.model, encoder, network: { inputs: encoder.width, layers } };
}
