/** Scoring of a log's records with a released model, and which of their fields made the score what it is. */
import type { Engine } from '../threats/engine.ts';
import { type LogThreat, type Prepared, unjudged } from '../threats/log-threat.ts';
import { predictedClasses } from '../threats/metrics.ts';
import type { LoadedModel } from '../threats/model-files.ts';
import type { RowSample } from '../threats/record.ts';
import { classProbabilities, scoreDataset, threatScores } from '../threats/scoring.ts';
import type { Whereabouts } from './readers/reader.ts';
import { type RowReader, type RowReadOptions, type RowRefused, refused } from './readers/table-row.ts';
import { contextOf, type RowContext } from './row-context.ts';

export interface LogDetection extends Whereabouts {
  readonly kind: 'scored';
  /** Whom the record is about; null where the log does not say. */
  readonly entity: string | null;
  /** Which record it is, where several rows make one; null where a row is one. */
  readonly about: string | null;
  /** Where a row is one: what names it in its log. Not for a coordinator. */
  readonly context: RowContext;
  /** P(not benign), in [0, 1]. */
  readonly score: number;
  readonly detected: boolean;
  /** The class that it is given. */
  readonly class: string;
  /** Of a detected record, the fields that speak most for it. */
  readonly reasons: readonly Reason[];
}

export interface Reason {
  readonly field: string;
  /** By how much the score's logit would be lower if the log had left the field unset. */
  readonly logit: number;
}

export interface DetectLogsOptions extends RowReadOptions {
  /** Scores at or above it are detected. @default the model's own */
  readonly threshold?: number;
  /** Told the format of each row that the threat does not take. */
  readonly onPassedOver?: (format: string) => void;
}

type Sample = Extract<Prepared, { kind: 'sample' }>;
type Scored = { readonly sample: Sample; readonly at: Whereabouts; readonly context: RowContext };

const REASONS = 5;
/** Records scored at a time, whatever a reader's batch holds. */
const BATCH = 256;

/**
 * What becomes of the log's rows, in the reader's order: one item for each record, and for each row that cannot be
 * used. Rows of formats that the threat does not take are passed over. A record of several rows has no place of its
 * own, only its source; `about` says which one it is.
 */
export async function* detectLogs(
  engine: Engine,
  loaded: Omit<LoadedModel, 'threat'> & { readonly threat: LogThreat },
  reader: RowReader,
  path: string,
  options: DetectLogsOptions = {},
): AsyncGenerator<LogDetection | RowRefused> {
  const threshold = options.threshold ?? loaded.threshold;
  const { threat } = loaded;
  const preparer = threat.prepare();
  let at: Whereabouts = { source: path, position: 0 };
  let row: RowSample | null = null;
  let waiting: (Scored | RowRefused)[] = [];
  const take = (prepared: readonly Prepared[]) => {
    for (const one of prepared) {
      if (one.kind === 'refused') waiting.push(refused(at.source, at.position, one.reason));
      else if (one.about !== null) waiting.push({ sample: one, at: { ...at, position: 0 }, context: {} });
      else waiting.push({ sample: one, at, context: row === null ? {} : contextOf(row) });
    }
  };
  const score = function* () {
    for (let start = 0; start < waiting.length; start += BATCH) {
      yield* scoreBatch(engine, loaded, threshold, waiting.slice(start, start + BATCH));
    }
    waiting = [];
  };
  for await (const batch of reader.readBatches(path, options)) {
    for (const item of batch) {
      if (item.kind === 'refused') {
        waiting.push(item);
        continue;
      }
      if (!threat.formats.includes(item.sample.format)) {
        options.onPassedOver?.(item.sample.format);
        continue;
      }
      row = item.sample;
      at = { source: item.source, position: item.position };
      take(preparer.push(unjudged(item.sample)));
    }
    // At once, also of a small batch: whoever follows a log waits for it.
    yield* score();
  }
  row = null;
  take(preparer.end());
  yield* score();
}

function* scoreBatch(
  engine: Engine,
  loaded: Omit<LoadedModel, 'threat'> & { readonly threat: LogThreat },
  threshold: number,
  batch: readonly (Scored | RowRefused)[],
): Generator<LogDetection | RowRefused> {
  const { threat, model } = loaded;
  const { encoder, classes } = threat;
  const samples = batch.flatMap((item) => ('sample' in item ? [item.sample] : []));
  const features = new Float32Array(samples.length * encoder.width);
  samples.forEach(({ sample }, i) => {
    encoder.encode(sample, features, i * encoder.width);
  });
  const dataset = {
    ...{ rows: samples.length, width: encoder.width, features },
    labels: new Uint8Array(samples.length),
  };
  const probabilities = classProbabilities(engine, model, dataset);
  const scores = threatScores(probabilities, samples.length);
  const predicted = predictedClasses(probabilities, scores, threshold);
  let row = 0;
  for (const item of batch) {
    if (!('sample' in item)) {
      yield item;
      continue;
    }
    const score = scores[row] ?? 0;
    const detected = score >= threshold;
    const own = features.subarray(row * encoder.width, (row + 1) * encoder.width);
    yield {
      kind: 'scored',
      ...item.at,
      entity: item.sample.entity,
      about: item.sample.about,
      context: item.context,
      score,
      detected,
      class: classes[predicted[row] ?? 0] ?? '',
      reasons: detected ? reasonsFor(engine, loaded, own, score) : [],
    };
    row++;
  }
}

/**
 * By occlusion (Zeiler and Fergus 2014): each field in turn is left unset and the record scored again. It holds for
 * any network, and one field at a time: of two fields that say the same, neither may seem to matter.
 */
function reasonsFor(
  engine: Engine,
  { threat: { encoder }, model }: { readonly threat: LogThreat; readonly model: LoadedModel['model'] },
  features: Float32Array,
  score: number,
): Reason[] {
  const spans = (encoder.spans ?? []).filter(({ start, width }) =>
    features.subarray(start, start + width).some((value) => value !== 0),
  );
  const rows = spans.length;
  const occluded = new Float32Array(rows * encoder.width);
  spans.forEach(({ start, width }, row) => {
    occluded.set(features, row * encoder.width);
    occluded.fill(0, row * encoder.width + start, row * encoder.width + start + width);
  });
  const dataset = { rows, width: encoder.width, features: occluded, labels: new Uint8Array(rows) };
  const scores = scoreDataset(engine, model, dataset);
  return spans
    .map(({ field }, row) => ({ field, logit: logit(score) - logit(scores[row] ?? 0) }))
    .filter((reason) => reason.logit > 0)
    .sort((a, b) => b.logit - a.logit)
    .slice(0, REASONS);
}

/** float32 probabilities come as near to 0 and 1 as this. */
const FLOOR = 1e-7;

function logit(probability: number): number {
  const p = Math.min(1 - FLOOR, Math.max(FLOOR, probability));
  return Math.log(p / (1 - p));
}
