/**
 * `fedward bench accuracy`: what federated training with privacy achieves on public data, against the same without
 * privacy, all records in one place, and each hospital alone.
 *
 * One tenth of the training records is the consortium's public validation set, which belongs to no hospital:
 * thresholds and the stopping of central training come from it, for all four alike. Test records are seen once.
 */
import type { BitSource } from '../../dp/sampling/entropy.ts';
import { binaryHead } from '../../threats/binary-head.ts';
import type { Engine } from '../../threats/engine.ts';
import type { Dataset } from '../../threats/threat.ts';
import { partition, splitTest } from '../partition.ts';
import { fitCentrally } from './central.ts';
import { encodeRecords, pick, rowsBetween } from './data.ts';
import { type Federated, federatedJob, trainFederated } from './federated.ts';
import { createJudge, type Quality, type TestSet } from './judge.ts';
import type { Loaded, Subject } from './subject.ts';
import { subjectFor } from './subjects.ts';
import { unlabelled, withoutLabels } from './unsupervised.ts';

export interface AccuracyOptions {
  readonly threat: string;
  /** Folder of the data set; null for a threat with a generator. */
  readonly data: string | null;
  readonly hospitals: number;
  /** Concentration of the Dirichlet distribution; null deals records out evenly at random. */
  readonly alpha: number | null;
  readonly epsilons: readonly number[];
  readonly seeds: readonly number[];
  readonly head: 'family' | 'binary' | 'unsupervised';
  /** Without labels only: no threats among the records to train on and to validate, as in a quiet week. */
  readonly quiet?: boolean;
}

export type TrainingKind = 'federated-dp' | 'federated' | 'pooled' | 'alone' | 'rule';

/** One training of one seed; of `alone` the mean over the hospitals; `rule` is the baseline that learns nothing. */
export interface Run extends Quality {
  readonly seed: number;
  readonly training: TrainingKind;
  /** Budget; null without privacy. */
  readonly epsilon: number | null;
  /** What every hospital's ledger has charged; null without privacy. */
  readonly epsilonSpent: number | null;
  readonly epsilonIfOthersCollude: number | null;
  readonly delta: number | null;
  /** Null for central training. */
  readonly rounds: number | null;
  readonly seconds: number;
}

export interface Setting {
  readonly subject: Subject;
  /** Class names of the labels. */
  readonly families: readonly string[];
  /** Class names of the network. */
  readonly classes: readonly string[];
  readonly records: { readonly train: number; readonly validation: number; readonly test: number };
}

export const TEST_SHARE = 0.2;
const VALIDATION_SHARE = 0.1;
/** Dirichlet shares as good as equal. */
const EVEN = 1e6;

/**
 * Runs everything, and hands each result on when it is there.
 *
 * @throws FedwardError `INVALID_ARGUMENT` or `DATA_INVALID` when an option or the data does not suit.
 */
export async function runAccuracy(
  engine: Engine,
  options: AccuracyOptions,
  bits: BitSource,
  clock: () => number,
  tell: { readonly progress: (what: string) => void; readonly run: (run: Run) => void },
): Promise<Setting> {
  const labelled = await subjectFor(options.threat, options.data);
  const families = labelled.model.classes;
  const subject = options.head === 'unsupervised' ? withoutLabels(labelled) : labelled;
  tell.progress('reading the data');
  const fixed = subject.source === 'files' ? await subject.load(options.data ?? '') : null;
  const model = options.head === 'binary' ? binaryHead(subject.model) : subject.model;
  let records = { train: 0, validation: 0, test: 0 };
  for (const seed of options.seeds) {
    const loaded = subject.source === 'files' ? fixed : subject.generate(seed);
    if (loaded === null) continue;
    const { validation, shares, pooled, test, ruled } = deal(subject, loaded, options, seed);
    records = { train: pooled.rows, validation: validation.rows, test: test.dataset.rows };
    const judge = createJudge(engine, model.network, families.length, subject.threshold, validation, test);
    const measure = async (
      training: TrainingKind,
      epsilon: number | null,
      learn: () => Promise<{ readonly qualities: Quality[]; readonly federated?: Federated }>,
    ) => {
      const budget = epsilon === null ? '' : `, ε = ${epsilon}`;
      tell.progress(`seed ${seed} of ${options.seeds.length}: ${training}${budget}`);
      const start = clock();
      const { qualities, federated } = await learn();
      const spent = federated?.spent ?? null;
      tell.run({
        ...{ seed, training, epsilon },
        epsilonSpent: spent?.epsilon ?? null,
        epsilonIfOthersCollude: spent?.epsilonIfOthersCollude ?? null,
        delta: spent === null ? null : subject.training.delta,
        rounds: federated?.rounds ?? null,
        seconds: Math.round(10 * (clock() - start)) / 10,
        ...meanQuality(qualities),
      });
    };
    const federated = (epsilon: number | null) => async () => {
      const { hospitals } = options;
      const of = { threat: model, constants: subject.training, epsilon, hospitals, records: pooled.rows };
      const result = await trainFederated(engine, federatedJob(of), model, shares, seed, bits);
      return { qualities: [judge.judge(result.weights)], federated: result };
    };
    const central = (datasets: readonly Dataset[]) => async () => {
      const qualities: Quality[] = [];
      for (const dataset of datasets) {
        qualities.push(judge.judge(await fitCentrally(engine, model.network, dataset, validation, seed)));
      }
      return { qualities };
    };
    for (const epsilon of options.epsilons) await measure('federated-dp', epsilon, federated(epsilon));
    await measure('federated', null, federated(null));
    await measure('pooled', null, central([pooled]));
    await measure('alone', null, central(shares));
    if (ruled !== null) {
      const { validation: own, test: scores } = ruled;
      await measure('rule', null, async () => ({ qualities: [judge.judgeScores(own, scores)] }));
    }
    judge.dispose();
  }
  tell.progress('');
  return { subject, families, classes: model.classes, records };
}

interface Dealt {
  readonly validation: Dataset;
  /** One for each hospital, views into one matrix. */
  readonly shares: readonly Dataset[];
  /** The same rows, all together. */
  readonly pooled: Dataset;
  readonly test: TestSet;
  /** What the subject's rule says of validation and test records. */
  readonly ruled: { readonly validation: Float32Array; readonly test: Float32Array } | null;
}

type DealOptions = Pick<AccuracyOptions, 'hospitals' | 'alpha'> &
  Partial<Pick<AccuracyOptions, 'head' | 'quiet'>>;

/** One seed's records, dealt out and encoded. */
export function deal(
  { model: { encoder }, rule }: Pick<Subject, 'model' | 'rule'>,
  { train, test }: Loaded,
  { hospitals, alpha, head, quiet = false }: DealOptions,
  seed: number,
): Dealt {
  const all = [...train.labels.keys()];
  const outer = test === null ? splitTest(train.labels, seed, TEST_SHARE) : { train: all, test: [] };
  const inner = splitTest(
    outer.train.map((i) => train.labels[i] ?? 0),
    seed + 1000,
    VALIDATION_SHARE,
  );
  const original = (places: readonly number[]) =>
    places.map((place) => outer.train[place] ?? 0).filter((i) => !quiet || train.labels[i] === 0);
  const known = (data: Dataset) => (head === 'unsupervised' ? unlabelled(data) : data);
  const learnt = original(inner.train);
  const owned = partition(train.labels, learnt, {
    ...{ hospitals, seed, alpha: alpha ?? EVEN, minPerClass: 0 },
    minRecords: Math.min(200, Math.floor(learnt.length / (10 * hospitals))),
  });
  const validation = original(inner.test);
  const matrix = encodeRecords(encoder, train, [validation, ...owned].flat());
  const judged = test ?? pick(train, outer.test);
  let end = validation.length;
  const shares = owned.map(({ length }) => {
    const start = end;
    end += length;
    return known(rowsBetween(matrix, start, end));
  });
  return {
    validation: known(rowsBetween(matrix, 0, validation.length)),
    shares,
    pooled: known(rowsBetween(matrix, validation.length, end)),
    test: {
      dataset: encodeRecords(encoder, judged, [...judged.labels.keys()]),
      details: judged.details,
    },
    ruled:
      rule === undefined
        ? null
        : {
            validation: Float32Array.from(pick(train, validation).samples, rule),
            test: Float32Array.from(judged.samples, rule),
          },
  };
}

/** Of several models, each figure's mean. */
function meanQuality(qualities: readonly Quality[]): Quality {
  const over = (figure: (quality: Quality) => number) => mean(qualities.map(figure));
  const perClass = (figure: (quality: Quality) => readonly (number | null)[]) =>
    (qualities[0] === undefined ? [] : figure(qualities[0])).map((first, k) =>
      first === null ? null : over((quality) => figure(quality)[k] ?? 0),
    );
  return {
    threshold: over(({ threshold }) => threshold),
    accuracy: over(({ accuracy }) => accuracy),
    auroc: over(({ auroc }) => auroc),
    macroF1: over(({ macroF1 }) => macroF1),
    recall: perClass(({ recall }) => recall),
    alarms: perClass(({ alarms }) => alarms),
    precisionAtOnePercent: over(({ precisionAtOnePercent }) => precisionAtOnePercent),
    aurocByDetail: Object.fromEntries(
      Object.keys(qualities[0]?.aurocByDetail ?? {}).map((detail) => [
        detail,
        over(({ aurocByDetail }) => aurocByDetail[detail] ?? 0),
      ]),
    ),
  };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
