/**
 * `report.json`: everything one demo run measured, and all that the report page and the final table are
 * made from.
 *
 * The data are simulated: one public corpus dealt out to made-up hospitals. That is why this file may hold
 * counts and class balance of each of them, which a real coordinator never learns.
 */
import { z } from 'zod';
import { FedwardError } from '../../proto/errors.ts';
import { PRIVACY_MODES } from '../../proto/plan.ts';
import { STAGES } from '../../proto/vocabulary.ts';

export const REPORT_FORMAT = 'fedward-demo-report/1';

const finite = z.number();
const amount = finite.nonnegative();
const share = finite.min(0).max(1);
const count = z.number().int().nonnegative();
const text = z.string();

const metrics = z.strictObject({
  /** Mean binary cross-entropy, nats. */
  loss: amount,
  /** At threshold 0.5. */
  accuracy: share,
  auroc: share,
});

const score = z.strictObject({ accuracy: share, auroc: share });

const baselines = z.strictObject({
  /** One model per hospital, trained on its own records only, without differential privacy. */
  alone: z.array(score.extend({ hospital: text, records: count })).min(1),
  aloneMean: score,
  /** All records in one place, without differential privacy: what federation and privacy cost. */
  pooledNoDp: score,
});

const drop = z.strictObject({ hospital: text, stage: z.enum(STAGES), round: count, reason: text });

export const demoReportSchema = z.strictObject({
  format: z.literal(REPORT_FORMAT),
  run: text.min(1),
  /** ISO 8601, UTC, when the run began. */
  date: z.iso.datetime(),
  seed: z.number().int(),
  mode: z.enum(PRIVACY_MODES),
  outcome: z.enum(['completed', 'stopped-early']),
  /** What did the linear algebra, and why this one. */
  engine: z.strictObject({ name: text, reason: text }),
  node: text,
  hospitals: z
    .array(
      z.strictObject({
        id: text,
        /** Training records. */
        records: count,
        /** Of these, how many are malicious. */
        malicious: count,
      }),
    )
    .min(1),
  /** α of the Dirichlet distribution that dealt the classes out to the hospitals. */
  dirichletAlpha: finite.positive(),
  /** Records that no model was trained on and all were measured on. */
  testRecords: count.min(1),
  plan: z.strictObject({
    rounds: count.min(1),
    /** Parameters of the model. */
    dimension: count,
    /** q: chance of each record to take part in a round. */
    sampleRate: share,
    /** C: L2 bound of one record's gradient. */
    clip: finite.positive(),
    /** σ relative to C; 0 in mode `none`. */
    noiseMultiplier: amount,
    delta: share,
    /** Budget ε; null in mode `none`. */
    epsilonBudget: amount.nullable(),
    /** n: hospitals on the roster. */
    hospitals: count,
    /** t: fewest survivors with which a sum may be unmasked. */
    threshold: count,
    /** c: hospitals that may collude with the coordinator. */
    colluders: count,
    /** h = t − c: honest survivors that the noise is calibrated for. */
    honest: count,
  }),
  /** One entry per committed round, in order. */
  history: z
    .array(
      z.strictObject({
        round: count.min(1),
        /** null when the round was not evaluated. */
        metrics: metrics.nullable(),
        epsilon: amount.nullable(),
        epsilonIfOthersCollude: amount.nullable(),
        seconds: amount,
        /** Mean over contributors, both directions, per hospital. */
        bytes: amount,
        contributors: z.array(text),
      }),
    )
    .min(1),
  dropped: z.array(drop),
  /** Of the released model. */
  metrics,
  /** Spent by the whole job, attempts that came to nothing included; null in mode `none`. */
  privacy: z.strictObject({ epsilon: amount, epsilonIfOthersCollude: amount }).nullable(),
  baselines,
  /** Sums compared with the plain sum of what the hospitals fed in; null when the demo did not compare. */
  sumsVerified: z
    .strictObject({
      checked: count,
      exact: count,
      /** Pearson's χ² over byte values (255 degrees of freedom) of all vectors of one hospital. */
      chiSquare: z.array(
        z.strictObject({
          hospital: text,
          /** Of what the coordinator received: 255 ± 23 when it tells nothing. */
          received: amount,
          /** Of the same vectors before masking, for comparison. */
          unmasked: amount,
        }),
      ),
    })
    .nullable(),
  /** Unseen mails to try `fedward detect` on. */
  examples: z.array(
    z.strictObject({
      /** Name of the file in the corpus. */
      file: text,
      subject: text,
      label: z.enum(['benign', 'malicious']),
      /** The model's probability of `malicious`. */
      score: share,
    }),
  ),
});

export type DemoReport = Readonly<z.output<typeof demoReportSchema>>;
export type Baselines = DemoReport['baselines'];
export type RoundRecord = DemoReport['history'][number];
/** How well a model does on the common test set. */
export type Score = Baselines['aloneMean'];

/** @throws FedwardError `DATA_INVALID` that names the first wrong field. */
export function parseDemoReport(value: unknown): DemoReport {
  const result = demoReportSchema.safeParse(value);
  if (!result.success) {
    const first = result.error.issues[0];
    throw new FedwardError(
      'DATA_INVALID',
      `The demo report is not valid at ${first?.path.join('.') || 'its root'}: ${first?.message}. Run \`fedward demo\` again to write a new one.`,
    );
  }
  return result.data;
}

/** The last line of `fedward demo --format json`. Its fields are part of the interface. */
export interface DemoSummary {
  readonly type: 'summary';
  readonly mode: DemoReport['mode'];
  readonly hospitals: number;
  /** Rounds committed. */
  readonly rounds: number;
  /** null in mode `none`. */
  readonly epsilon: number | null;
  readonly delta: number;
  /** null in mode `none`. */
  readonly epsilonIfOthersCollude: number | null;
  readonly accuracy: number;
  readonly auroc: number;
  readonly baselines: Baselines;
  readonly dropped: DemoReport['dropped'];
  readonly secondsPerRound: number;
  readonly bytesPerHospitalPerRound: number;
  readonly engine: string;
}

export function summaryOf(report: DemoReport): DemoSummary {
  return {
    type: 'summary',
    mode: report.mode,
    hospitals: report.plan.hospitals,
    rounds: report.history.length,
    epsilon: report.privacy?.epsilon ?? null,
    delta: report.plan.delta,
    epsilonIfOthersCollude: report.privacy?.epsilonIfOthersCollude ?? null,
    accuracy: report.metrics.accuracy,
    auroc: report.metrics.auroc,
    baselines: report.baselines,
    dropped: report.dropped,
    secondsPerRound: mean(report.history.map((entry) => entry.seconds)),
    bytesPerHospitalPerRound: Math.round(mean(report.history.map((entry) => entry.bytes))),
    engine: report.engine.name,
  };
}

/** Unweighted: what a hospital of the consortium can expect on its own. */
export function meanScore(scores: readonly Score[]): Score {
  return {
    accuracy: mean(scores.map((each) => each.accuracy)),
    auroc: mean(scores.map((each) => each.auroc)),
  };
}

/** Hospitals whose own model, trained without differential privacy, beats the released one at `measure`. */
export function betterAlone(report: DemoReport, measure: keyof Score): Baselines['alone'] {
  return report.baselines.alone.filter((each) => each[measure] > report.metrics[measure]);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
