/**
 * What federated training is compared with: the same network trained by one party, without privacy. Adam on
 * mini-batches; the epoch whose validation loss is best counts.
 */
import { createTrainer } from '../../participant/trainer.ts';
import type { Engine } from '../../threats/engine.ts';
import { initialWeights } from '../../threats/initial-weights.ts';
import { logLoss } from '../../threats/metrics.ts';
import { buildNetwork } from '../../threats/networks.ts';
import { scoreDataset } from '../../threats/scoring.ts';
import type { Dataset, NetworkSpec } from '../../threats/threat.ts';
import { setFlatWeights } from '../../threats/weights.ts';
import { createAdam, fitEpochs } from '../baselines.ts';
import { seededUniform } from '../seeded.ts';

const BATCH = 256;
const RATE = 0.02;
/** Epochs are as many as these visits allow, within their limits: small data sets need more of them. */
const VISITS = 800_000;
const EPOCHS = { least: 4, most: 40 };
const PATIENCE = 3;

/** @returns Flat weights. Same seed, same engine: same weights. */
export async function fitCentrally(
  engine: Engine,
  network: NetworkSpec,
  train: Dataset,
  validation: Dataset,
  seed: number,
): Promise<Float32Array> {
  const trainer = createTrainer(engine, network, train);
  const model = buildNetwork(engine, network);
  // An autoencoder's score is 1 − exp(−D): against labels that are all benign, its log loss is its mean divergence.
  const labels = network.task === 'reconstruct' ? new Uint8Array(validation.rows) : validation.labels;
  const adam = createAdam(initialWeights(network, seed), RATE);
  const epochs = Math.min(EPOCHS.most, Math.max(EPOCHS.least, Math.ceil(VISITS / train.rows)));
  const weights = await fitEpochs({
    ...{
      trainer,
      adam,
      rows: Array.from({ length: train.rows }, (_, row) => row),
      uniform: seededUniform(seed),
    },
    ...{ batch: BATCH, epochs, patience: PATIENCE },
    lossOf(current) {
      setFlatWeights(engine, model, current);
      return logLoss(scoreDataset(engine, model, validation), labels);
    },
  });
  trainer.dispose();
  model.dispose();
  return weights;
}
