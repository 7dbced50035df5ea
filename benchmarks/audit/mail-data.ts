/** The demo's mails with the demo's split, encoded once, and dealt out for one training after another. */
import { createEvaluator } from '../../coordinator/evaluation.ts';
import { createTrainer, type Trainer } from '../../participant/trainer.ts';
import type { Engine } from '../../threats/engine.ts';
import { maliciousEmail } from '../../threats/malicious-email/index.ts';
import type { Dataset } from '../../threats/threat.ts';
import type { Quality } from '../baselines.ts';
import { encodeMails, loadMailCorpus } from '../mail-corpus.ts';
import { type Split, splitTest } from '../partition.ts';

export interface MailData extends Split {
  /** Every mail, in the corpus's order; `train` and `test` are indices into it. */
  readonly all: Dataset;
}

/** @param seed of the split, as `fedward demo --seed` has it. */
export async function loadMailData(seed: number): Promise<MailData> {
  const all = encodeMails(await loadMailCorpus());
  return { all, ...splitTest(all.labels, seed) };
}

export function takeRows({ width, features, labels }: Dataset, rows: readonly number[]): Dataset {
  const taken = new Float32Array(rows.length * width);
  rows.forEach((row, r) => {
    taken.set(features.subarray(row * width, (row + 1) * width), r * width);
  });
  return {
    rows: rows.length,
    width,
    features: taken,
    labels: Uint8Array.from(rows, (row) => labels[row] ?? 0),
  };
}

/** The rows of `a`, then those of `b`. */
export function append(a: Dataset, b: Dataset): Dataset {
  const features = new Float32Array(a.features.length + b.features.length);
  features.set(a.features);
  features.set(b.features, a.features.length);
  return {
    rows: a.rows + b.rows,
    width: a.width,
    features,
    labels: Uint8Array.from([...a.labels, ...b.labels]),
  };
}

/** Every `count`-th of the items, beginning with each of the first `count`. */
export function deal<T>(items: readonly T[], count: number): T[][] {
  return Array.from({ length: count }, (_, h) => items.filter((_, i) => i % count === h));
}

/** A mail trainer over the given rows of `data`. */
export function mailTrainer(engine: Engine, data: Dataset, rows: readonly number[]): Trainer {
  return createTrainer(engine, maliciousEmail.network, takeRows(data, rows));
}

/** Quality of `weights` on the public test set. */
export function testQuality(engine: Engine, { all, test }: MailData, weights: Float32Array): Quality {
  const evaluator = createEvaluator(engine, maliciousEmail.network, takeRows(all, test));
  const { accuracy, auroc } = evaluator.evaluate(weights);
  evaluator.dispose();
  return { accuracy, auroc };
}
