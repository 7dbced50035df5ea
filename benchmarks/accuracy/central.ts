/**
 * What federated training is compared with: the same network trained by one party, without privacy. Adam on
 * mini-batches; the epoch whose validation loss is best counts.
 */
import { setImmediate } from 'node:timers/promises';
import { createTrainer } from '../../participant/trainer.ts';
import type { Engine } from '../../threats/engine.ts';
import { initialWeights } from '../../threats/initial-weights.ts';
import { logLoss } from '../../threats/metrics.ts';
import { buildNetwork } from '../../threats/networks.ts';
import { scoreDataset } from '../../threats/scoring.ts';
import type { Dataset, NetworkSpec } from '../../threats/threat.ts';
import { setFlatWeights } from '../../threats/weights.ts';
import { createAdam, meanGradient } from '../baselines.ts';
import { seededUniform, shuffled } from '../seeded.ts';

const BATCH = 256;
const RATE = 0.02;
/** Epochs are as many as these visits allow, within their limits: small data sets need more of them. */
const VISITS = 800_000;
const EPOCHS = { least: 4, most: 40 };
/** Epochs without a better validation loss after which training ends. */
const PATIENCE = 3;

/** @returns Flat weights. Same seed, same engine: same weights. */
export async function fitCentrally(
  engine: Engine,
  network: NetworkSpec,
  train: Dataset,
  validation: Dataset,
  seed: number,
): Promise<Float32Array> {
  const uniform = seededUniform(seed);
  const trainer = createTrainer(engine, network, train);
  const model = buildNetwork(engine, network);
  // An autoencoder's score is 1 − exp(−D): against labels that are all benign, its log loss is its mean divergence.
  const labels = network.task === 'reconstruct' ? new Uint8Array(validation.rows) : validation.labels;
  const adam = createAdam(initialWeights(network, seed), RATE);
  const epochs = Math.min(EPOCHS.most, Math.max(EPOCHS.least, Math.ceil(VISITS / train.rows)));
  let best = { loss: Number.POSITIVE_INFINITY, epoch: 0, weights: adam.weights.slice() };
  for (let epoch = 1; epoch <= epochs && epoch <= best.epoch + PATIENCE; epoch++) {
    const order = Int32Array.from(shuffled(Array(train.rows).keys(), uniform));
    for (let start = 0; start < order.length; start += BATCH) {
      const batch = order.subarray(start, start + BATCH);
      adam.step(meanGradient(trainer.layerFactors(adam.weights, batch), adam.weights.length));
    }
    setFlatWeights(engine, model, adam.weights);
    const loss = logLoss(scoreDataset(engine, model, validation), labels);
    if (loss < best.loss) best = { loss, epoch, weights: adam.weights.slice() };
    await setImmediate();
  }
  trainer.dispose();
  model.dispose();
  return best.weights;
}
