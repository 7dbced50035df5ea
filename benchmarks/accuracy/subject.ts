/** What the accuracy benchmark can be run on: a threat, its data, and the training that suits both. */
import type { FieldSample } from '../../threats/features.ts';
import type { LogThreat } from '../../threats/log-threat.ts';
import type { Records } from './data.ts';
import type { ThresholdRule } from './judge.ts';

/** Public constants of the training; none depends on data, and none on ε but the noise. */
export interface TrainingConstants {
  readonly rounds: number;
  /** Poisson sampling rate q, per round. */
  readonly sampleRate: number;
  /** L2 bound of one record's gradient, with DP. */
  readonly clip: number;
  /**
   * L2 bound of one record's gradient, without DP. With one layer above all that a gradient can reach: √2 · √(fields + 1)
   * with softmax, √(fields + 1) with a sigmoid, as a field adds at most 1 to a row's squared norm and the bias 1. A
   * hidden layer knows no bound: then so high that hardly anything is clipped. At 50 no gradient of a flow or of a
   * device's reading that was looked at exceeded 15, and the integer grid, which is coarser then, made no difference.
   */
  readonly clipWithoutDp: number;
  readonly delta: number;
  /** Of the server's Adam. */
  readonly learningRate: number;
}

export interface Loaded {
  readonly train: Records;
  /** Null where there is no official test set, nor a time to split at: then a fifth is split off at random. */
  readonly test: Records | null;
}

/** Suspicion of one record by a rule that a person could write: the higher, the more suspicious. */
export type Rule = (sample: FieldSample) => number;

interface CommonSubject {
  /** What `--threat` says. */
  readonly threat: string;
  readonly model: LogThreat;
  readonly training: TrainingConstants;
  readonly threshold: ThresholdRule;
  /** What learning has to beat, where there is a rule that people use. */
  readonly rule?: Rule;
}

export interface FileSubject extends CommonSubject {
  readonly source: 'files';
  /** Ending of the file that tells this data set from others of the threat, gzip or not. */
  readonly file: string;
  load(folder: string): Promise<Loaded>;
}

/** No public data with labels exists: a seeded generator, each seed a consortium of its own. */
export interface GeneratedSubject extends CommonSubject {
  readonly source: 'generated';
  generate(seed: number): Loaded;
}

export type Subject = FileSubject | GeneratedSubject;
