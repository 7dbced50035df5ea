/** Scoring of live mail with a released model, and why each got its score. */
import type { Engine } from '../threats/engine.ts';
import { type Contribution, explainMail } from '../threats/malicious-email/explain.ts';
import type { MailSample } from '../threats/malicious-email/message.ts';
import type { LoadedModel } from '../threats/model-files.ts';
import { scoreDataset } from '../threats/scoring.ts';
import type { Threat } from '../threats/threat.ts';
import type { Reader, ReadOptions, ReadRecord, Refused, Whereabouts } from './readers/reader.ts';

export interface Detection extends Whereabouts {
  readonly kind: 'scored';
  readonly subject: string;
  /** P(malicious), in [0, 1]. */
  readonly score: number;
  readonly detected: boolean;
  /** The mail's own words that speak most for malicious. */
  readonly words: readonly Contribution[];
  /** What could not be read of it; null when all is well. */
  readonly note: string | null;
}

/** A model for mail, as the catalogue knows it. */
export type MailModel = Omit<LoadedModel, 'threat'> & { readonly threat: Threat<MailSample> };

export interface DetectOptions extends ReadOptions {
  /** Scores at or above it are detected. @default the model's own */
  readonly threshold?: number;
}

/** Mails encoded and scored at a time: bounds memory, whatever the folder's size. */
const BATCH = 256;
const WORDS = 5;

/** One item for each mail at `path`, in the reader's order, refused ones included. */
export async function* detect(
  engine: Engine,
  loaded: MailModel,
  reader: Reader<MailSample>,
  path: string,
  options: DetectOptions = {},
): AsyncGenerator<Detection | Refused> {
  const threshold = options.threshold ?? loaded.threshold;
  let batch: (ReadRecord<MailSample> | Refused)[] = [];
  for await (const item of reader.read(path, options)) {
    batch.push(item);
    if (batch.length < BATCH) continue;
    yield* scoreBatch(engine, loaded, threshold, batch);
    batch = [];
  }
  yield* scoreBatch(engine, loaded, threshold, batch);
}

function* scoreBatch(
  engine: Engine,
  { threat, weights, model }: MailModel,
  threshold: number,
  batch: readonly (ReadRecord<MailSample> | Refused)[],
): Generator<Detection | Refused> {
  const { encoder, network } = threat;
  const records = batch.filter((item) => item.kind === 'record');
  const features = new Float32Array(records.length * encoder.width);
  records.forEach(({ sample }, i) => {
    encoder.encode(sample, features, i * encoder.width);
  });
  const labels = new Uint8Array(records.length);
  const scores = scoreDataset(engine, model, {
    rows: records.length,
    width: encoder.width,
    features,
    labels,
  });
  // Only of one layer are the weights themselves the explanation.
  const kernel = network.layers.length === 1 ? weights.subarray(0, network.inputs) : null;
  let row = 0;
  for (const item of batch) {
    if (item.kind === 'refused') {
      yield item;
      continue;
    }
    const { source, position, sample, note } = item;
    const score = scores[row++] ?? 0;
    const words = kernel === null ? [] : explainMail(sample, kernel, WORDS);
    yield {
      kind: 'scored',
      source,
      position,
      subject: sample.subject,
      score,
      detected: score >= threshold,
      words,
      note,
    };
  }
}
