/** The process that is measured: it reads a log, and trains on it where asked, and does nothing else. */
import { setImmediate } from 'node:timers/promises';
import { createEvaluator } from '../../coordinator/evaluation.ts';
import { DpSgd } from '../../dp/dp-sgd.ts';
import { BitSource, osEntropy } from '../../dp/sampling/entropy.ts';
import { loadLogs } from '../../participant/log-dataset.ts';
import { rowReaderById } from '../../participant/readers/catalogue.ts';
import type { RecordSource } from '../../participant/record-source.ts';
import { createTrainer } from '../../participant/trainer.ts';
import { loadEngine } from '../../threats/engine.ts';
import { initialWeights } from '../../threats/initial-weights.ts';
import { networkFlows } from '../../threats/network-intrusion/network-flows.ts';
import { parameterCount } from '../../threats/threat.ts';

export interface ReadTask {
  readonly kind: 'read';
  readonly reader: string;
  readonly path: string;
}

export interface TrainTask {
  readonly kind: 'train';
  readonly reader: string;
  readonly path: string;
  /** Folder for the prepared records. */
  readonly store: string;
  readonly steps: number;
  readonly sampleRate: number;
}

export interface ReadFigures {
  readonly kind: 'read';
  readonly rows: number;
  readonly refused: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
}

export interface TrainFigures {
  readonly kind: 'train';
  readonly records: number;
  readonly prepareSeconds: number;
  /** Of one step of DP-SGD, its sampling and reading included: median. */
  readonly stepSeconds: number;
  /** On a sample of the records, before and after: that something was learned. */
  readonly auroc: readonly [before: number, after: number];
  readonly engine: string;
  readonly peakRssMb: number;
}

const CLIP = 1;
const NOISE_MULTIPLIER = 1;
const LEARNING_RATE = 4;
const JUDGED = 5000;

async function read({ reader, path }: ReadTask): Promise<ReadFigures> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  let rows = 0;
  let refused = 0;
  for await (const batch of rowReaderById(reader).readBatches(path)) {
    for (const item of batch) {
      if (item.kind === 'record') rows++;
      else refused++;
    }
  }
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { kind: 'read', rows, refused, seconds, cpuSeconds: (user + system) / 1e6, peakRssMb: peakRssMb() };
}

async function train({ reader, path, store, steps, sampleRate }: TrainTask): Promise<TrainFigures> {
  const begun = performance.now();
  const { source } = await loadLogs({ threat: networkFlows, reader: rowReaderById(reader), path, store });
  const prepareSeconds = (performance.now() - begun) / 1000;
  const engine = await loadEngine();
  const bits = new BitSource(osEntropy());
  const { network } = networkFlows;
  const sgd = new DpSgd({
    ...{ mode: 'central', unit: 'record', clip: CLIP, noiseMultiplier: NOISE_MULTIPLIER, sampleRate },
    expectedBatch: sampleRate * source.rows,
  });
  const evaluator = createEvaluator(engine, network, sampleOf(source));
  const trainer = createTrainer(engine, network, source);
  const weights = initialWeights(network, 1);
  const before = evaluator.evaluate(weights).auroc;
  const times: number[] = [];
  for (let step = 0; step < steps; step++) {
    const start = performance.now();
    const gradient = sgd.gradient(trainer, weights, bits);
    for (let i = 0; i < parameterCount(network); i++) {
      weights[i] = (weights[i] ?? 0) - LEARNING_RATE * (gradient[i] ?? 0);
    }
    times.push((performance.now() - start) / 1000);
    await setImmediate();
  }
  const after = evaluator.evaluate(weights).auroc;
  return {
    ...{ kind: 'train', records: source.rows, prepareSeconds, stepSeconds: median(times) },
    ...{ auroc: [before, after], engine: engine.name, peakRssMb: peakRssMb() },
  };
}

/** Evenly spaced records, as a data set in memory. */
function sampleOf(source: RecordSource) {
  const count = Math.min(JUDGED, source.rows);
  const rows = Int32Array.from({ length: count }, (_, i) => Math.floor((i * source.rows) / count));
  return { rows: count, width: source.width, ...source.gather(rows) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function peakRssMb(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

process.once('message', (task: ReadTask | TrainTask) => {
  const work: Promise<ReadFigures | TrainFigures> = task.kind === 'read' ? read(task) : train(task);
  work.then(
    (figures) => process.send?.({ figures }, () => process.disconnect()),
    (error: unknown) => process.send?.({ error: String(error) }, () => process.exit(1)),
  );
});
