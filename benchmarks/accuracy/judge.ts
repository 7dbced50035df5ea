/** The threshold of a model, from validation records, and its quality on test records that it never saw. */
import type { Engine } from '../../threats/engine.ts';
import { accuracy, auroc, classQuality, predictedClasses } from '../../threats/metrics.ts';
import { buildNetwork } from '../../threats/networks.ts';
import { classProbabilities, threatScores } from '../../threats/scoring.ts';
import { type Dataset, type NetworkSpec, outputOf } from '../../threats/threat.ts';
import { setFlatWeights } from '../../threats/weights.ts';

export type ThresholdRule =
  /** The lowest float32 that raises the alarm for at most `share` of the benign validation records. */
  | { readonly type: 'falseAlarms'; readonly share: number }
  /** The one nearest to 0.5 of those that are as accurate on the validation records as the best, within an error. */
  | { readonly type: 'accuracy' };

export interface Quality {
  readonly threshold: number;
  readonly accuracy: number;
  readonly auroc: number;
  /** Over the classes of the network. */
  readonly macroF1: number;
  /** Per class of the network, the share of its records that are given this class. */
  readonly recall: readonly (number | null)[];
  /** Per class of the labels, the share of its records that raise an alarm: of class 0, false alarms. */
  readonly alarms: readonly (number | null)[];
  /** Share of threats among the hundredth of the test records (at least one) whose scores are highest. */
  readonly precisionAtOnePercent: number;
  /** AUROC of the records of each detail, such as an attack's name, against all benign ones. */
  readonly aurocByDetail: Readonly<Record<string, number>>;
}

/** Records that are judged, and what each one is in detail. */
export interface TestSet {
  readonly dataset: Dataset;
  readonly details: readonly string[];
}

export interface Judge {
  /** @param weights flat, in the order of `threats/weights.ts`. */
  judge(weights: Float32Array): Quality;
  /** The same for scores that come from elsewhere, such as a rule's; they tell benign from malicious only. */
  judgeScores(validation: Float32Array, test: Float32Array): Quality;
  dispose(): void;
}

/** @param families how many classes the labels have, which may be more than the network tells apart. */
export function createJudge(
  engine: Engine,
  network: NetworkSpec,
  families: number,
  rule: ThresholdRule,
  validation: Dataset,
  { dataset: test, details }: TestSet,
): Judge {
  const model = buildNetwork(engine, network);
  const classes = outputOf(network) === 'classes' ? (network.layers.at(-1)?.units ?? 2) : 2;
  const known = classes === families ? test.labels : test.labels.map((label) => Math.min(1, label));
  const output = (data: Dataset) => {
    const probabilities = classProbabilities(engine, model, data);
    return { probabilities, scores: threatScores(probabilities, data.rows) };
  };
  const qualityOf = (own: Float32Array, { probabilities, scores }: ReturnType<typeof output>): Quality => {
    const threshold = thresholdOf(rule, own, validation.labels);
    const predicted = predictedClasses(probabilities, scores, threshold);
    return {
      threshold,
      accuracy: accuracy(scores, test.labels, threshold),
      auroc: auroc(scores, test.labels),
      ...classQuality(predicted, known, classes),
      alarms: alarmsOf(predicted, test.labels, families),
      precisionAtOnePercent: precisionAtTop(scores, test.labels, 0.01),
      aurocByDetail: aurocByDetail(scores, test.labels, details),
    };
  };
  return {
    judge(weights) {
      setFlatWeights(engine, model, weights);
      return qualityOf(output(validation).scores, output(test));
    },
    judgeScores: (own, scores) => qualityOf(own, { probabilities: scores, scores }),
    dispose() {
      model.dispose();
    },
  };
}

function alarmsOf(predicted: Uint8Array, labels: Uint8Array, families: number): (number | null)[] {
  return Array.from({ length: families }, (_, family) => {
    const own = predicted.filter((_, i) => labels[i] === family);
    return own.length === 0 ? null : own.filter((label) => label > 0).length / own.length;
  });
}

/** Share of threats among the top scores; ties across the border count by their share of threats. */
export function precisionAtTop(scores: Float32Array, labels: Uint8Array, share: number): number {
  const size = Math.max(1, Math.round(share * scores.length));
  const border = scores.toSorted()[scores.length - size] ?? 0;
  const count = (where: (score: number) => boolean) => {
    let [records, threats] = [0, 0];
    for (const [i, score] of scores.entries()) {
      if (!where(score)) continue;
      records++;
      if ((labels[i] ?? 0) > 0) threats++;
    }
    return { records, threats };
  };
  const above = count((score) => score > border);
  const tied = count((score) => score === border);
  return (above.threats + (tied.threats * (size - above.records)) / tied.records) / size;
}

function aurocByDetail(
  scores: Float32Array,
  labels: Uint8Array,
  details: readonly string[],
): Record<string, number> {
  const kinds = new Set(details.filter((detail, i) => detail !== '' && (labels[i] ?? 0) > 0));
  return Object.fromEntries(
    [...kinds].sort().map((kind) => {
      const counts = (_: number, i: number) => labels[i] === 0 || details[i] === kind;
      return [kind, auroc(scores.filter(counts), labels.filter(counts))];
    }),
  );
}

/**
 * Scores at or above the result raise the alarm.
 *
 * @param scores in [0, 1].
 * @returns In [0, 1]; or the next float32 above 1 where not even a score of 1 may raise one.
 */
export function thresholdOf(rule: ThresholdRule, scores: Float32Array, labels: Uint8Array): number {
  switch (rule.type) {
    case 'falseAlarms': {
      const benign = scores.filter((_, i) => labels[i] === 0).sort();
      // The highest score that must stay silent; ties with it stay silent too.
      const silent = benign[benign.length - 1 - Math.floor(rule.share * benign.length)];
      return silent === undefined ? 0 : nextAbove(silent);
    }
    case 'accuracy':
      return mostAccurate(scores, labels);
    default:
      return rule satisfies never;
  }
}

/** The next float32 above one that is not negative: IEEE 754 orders these as it does their bits. */
function nextAbove(score: number): number {
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, score);
  bits.setUint32(0, bits.getUint32(0) + 1);
  return bits.getFloat32(0);
}

/**
 * Of the thresholds whose accuracy is within one standard error of the best (Breiman et al. 1984), the one nearest
 * to 0.5: the very best on a few hundred records would mostly be an accident of these records.
 */
function mostAccurate(scores: Float32Array, labels: Uint8Array): number {
  const order = [...scores.keys()].sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0));
  let right = labels.filter((label) => label > 0).length;
  const candidates: { readonly right: number; readonly least: number; readonly most: number }[] = [];
  // A threshold between two neighbouring scores: all records before it are silent.
  let least = 0;
  for (const record of order) {
    const score = scores[record] ?? 0;
    if (score > least) candidates.push({ right, least, most: score });
    least = score;
    right += (labels[record] ?? 0) > 0 ? -1 : 1;
  }
  if (least < 1) candidates.push({ right, least, most: 1 });
  const best = Math.max(...candidates.map((one) => one.right)) / labels.length;
  const enough = (best - Math.sqrt((best * (1 - best)) / labels.length)) * labels.length;
  const thresholds = candidates
    .filter((one) => one.right >= enough)
    .map(({ least: from, most: to }) => (from < 0.5 && to >= 0.5 ? 0.5 : (from + to) / 2));
  return thresholds.reduce((a, b) => (Math.abs(b - 0.5) < Math.abs(a - 0.5) ? b : a), 1);
}
