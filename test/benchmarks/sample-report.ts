/** A made-up run with plausible numbers, for tests of what is made from `report.json`. */
import { type DemoReport, meanScore, REPORT_FORMAT } from '../../benchmarks/demo/report-data.ts';

const ROUNDS = 150;
const names = ['lakeside', 'north', 'riverside', 'south', 'st-mary'];

const alone = [
  { hospital: 'lakeside', accuracy: 0.9121, auroc: 0.9634, records: 902 },
  { hospital: 'north', accuracy: 0.8807, auroc: 0.9412, records: 611 },
  { hospital: 'riverside', accuracy: 0.9489, auroc: 0.9802, records: 1344 },
  { hospital: 'south', accuracy: 0.8403, auroc: 0.9388, records: 1017 },
  { hospital: 'st-mary', accuracy: 0.9257, auroc: 0.9711, records: 861 },
];

export function sampleReport(changes: Partial<DemoReport> = {}): DemoReport {
  return {
    format: REPORT_FORMAT,
    run: '20251122-034512-8f3a',
    date: '2025-11-22T03:45:12.000Z',
    seed: 7,
    mode: 'distributed',
    outcome: 'completed',
    engine: { name: 'wasm', reason: '@tensorflow/tfjs-node is not installed' },
    node: 'v20.20.2',
    hospitals: alone.map(({ hospital, records }, i) => ({
      id: hospital,
      records,
      malicious: Math.round(records * (0.12 + 0.13 * i)),
    })),
    dirichletAlpha: 1,
    testRecords: 1184,
    plan: {
      rounds: ROUNDS,
      dimension: 65_793,
      sampleRate: 0.05,
      clip: 1,
      noiseMultiplier: 1.08,
      delta: 1e-5,
      epsilonBudget: 3,
      hospitals: 5,
      threshold: 4,
      colluders: 1,
      honest: 3,
    },
    history: Array.from({ length: ROUNDS }, (_, i) => history(i + 1)),
    dropped: [],
    metrics: { loss: 0.1422, accuracy: 0.9578, auroc: 0.9871 },
    privacy: { epsilon: 2.9613, epsilonIfOthersCollude: 5.7304 },
    baselines: { alone, aloneMean: meanScore(alone), pooledNoDp: { accuracy: 0.9831, auroc: 0.9968 } },
    sumsVerified: { checked: ROUNDS, exact: ROUNDS, chiSquare: [] },
    examples: [
      ['spam-2/00317', 'Save up to 70% on life insurance', 'malicious', 0.988],
      ['easy-ham-1/01022', 'Re: [ILUG] Formatting a windows partition from Linux', 'benign', 0.031],
      ['spam-1/00144', 'URGENT BUSINESS PROPOSAL', 'malicious', 0.972],
      ['hard-ham-1/0091', 'Your weekly newsletter from CNET', 'benign', 0.641],
      ['easy-ham-2/00450', 'Re: sed /s/United States/Roman Empire/g', 'benign', 0.012],
    ].map(([file, subject, label, score]) => ({ file, subject, label, score })) as DemoReport['examples'],
    ...changes,
  };
}

function history(round: number): DemoReport['history'][number] {
  const learnt = 1 - Math.exp(-round / 28);
  const wobble = Math.sin(round * 1.7) * 0.006 * (1 - 0.7 * learnt);
  return {
    round,
    metrics: {
      loss: 0.66 - 0.52 * learnt,
      accuracy: round === ROUNDS ? 0.9578 : 0.69 + 0.27 * learnt + wobble,
      auroc: round === ROUNDS ? 0.9871 : 0.78 + 0.21 * learnt + wobble / 2,
    },
    epsilon: 0.62 + 2.3413 * ((round - 1) / (ROUNDS - 1)) ** 0.62,
    epsilonIfOthersCollude: 1.4 + 4.3304 * ((round - 1) / (ROUNDS - 1)) ** 0.64,
    seconds: 0.41,
    bytes: 531_000,
    contributors: names,
  };
}

/** The same run in mode `none`. */
export function withoutPrivacy(): DemoReport {
  const { plan, history: rounds } = sampleReport();
  return sampleReport({
    mode: 'none',
    privacy: null,
    plan: { ...plan, epsilonBudget: null, noiseMultiplier: 0 },
    history: rounds.map((round) => ({ ...round, epsilon: null, epsilonIfOthersCollude: null })),
  });
}
