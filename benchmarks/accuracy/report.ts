/** `fedward bench accuracy`, run and shown: a table for people, JSON lines and a summary for programs. */
import { writeFile } from 'node:fs/promises';
import { BitSource, osEntropy } from '../../dp/sampling/entropy.ts';
import { loadEngine } from '../../threats/engine.ts';
import { type Format, grid, printJson, printLines, progressLine } from '../audit/output.ts';
import { epsilon as epsilonText, integer, percent, small } from '../report/format.ts';
import { type AccuracyOptions, mean, type Run, runAccuracy, type Setting } from './bench.ts';

/** @param plot File for a drawing of the alarms by class; null for none. */
export async function runAccuracyBench(
  options: AccuracyOptions,
  format: Format,
  plot: string | null,
): Promise<void> {
  const progress = progressLine();
  progress('starting the engine');
  const engine = await loadEngine();
  const runs: Run[] = [];
  const clock = () => performance.now() / 1000;
  const setting = await runAccuracy(engine, options, new BitSource(osEntropy()), clock, {
    progress,
    run(run) {
      runs.push(run);
      progress('');
      if (format === 'json') printJson(asJson(options, run));
    },
  });
  if (format === 'json') printJson(summaryOf(options, setting, runs));
  else printLines(reportLines(options, setting, runs));
  if (plot !== null) {
    const { alarmPlot } = await import('./plot.ts');
    await writeFile(plot, await alarmPlot(setting, runs));
  }
}

function asJson({ threat, head }: AccuracyOptions, { recall, alarms, aurocByDetail, ...run }: Run): object {
  return { benchmark: 'accuracy', threat, head, ...run, recall, alarms, aurocByDetail };
}

/** Mean and the spread over seeds, as the sample's standard deviation; 0 for one seed. */
export interface Spread {
  readonly mean: number;
  readonly sd: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const centre = mean(values);
  const square = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return { mean: centre, sd: values.length < 2 ? 0 : Math.sqrt(square / (values.length - 1)) };
}

export interface TrainingSummary {
  readonly training: Run['training'];
  readonly epsilon: number | null;
  readonly epsilonSpent: number | null;
  readonly accuracy: Spread;
  readonly auroc: Spread;
  readonly macroF1: Spread;
  readonly precisionAtOnePercent: Spread;
  readonly aurocByDetail: Readonly<Record<string, number>>;
  readonly threshold: Spread;
  readonly recall: Readonly<Record<string, number | null>>;
  readonly alarms: Readonly<Record<string, number | null>>;
  /** Of the same training without privacy; null where there is nothing to compare. */
  readonly kept: { readonly accuracy: number; readonly macroF1: number } | null;
  readonly seconds: number;
}

export function summariesOf({ families, classes }: Setting, runs: readonly Run[]): TrainingSummary[] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const key = `${run.training} ${run.epsilon}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  const plain = runs.filter(({ training }) => training === 'federated');
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const over = (figure: (run: Run) => number) => spreadOf(group.map(figure));
    const ratio = (figure: (run: Run) => number) => over(figure).mean / mean(plain.map(figure));
    return {
      training: first.training,
      epsilon: first.epsilon,
      epsilonSpent: first.epsilonSpent,
      accuracy: over(({ accuracy }) => accuracy),
      auroc: over(({ auroc }) => auroc),
      macroF1: over(({ macroF1 }) => macroF1),
      precisionAtOnePercent: over(({ precisionAtOnePercent }) => precisionAtOnePercent),
      aurocByDetail: Object.fromEntries(
        Object.keys(first.aurocByDetail).map((detail) => [
          detail,
          over(({ aurocByDetail }) => aurocByDetail[detail] ?? 0).mean,
        ]),
      ),
      threshold: over(({ threshold }) => threshold),
      recall: named(classes, group, ({ recall }) => recall),
      alarms: named(families, group, ({ alarms }) => alarms),
      kept:
        first.training === 'federated-dp'
          ? { accuracy: ratio(({ accuracy }) => accuracy), macroF1: ratio(({ macroF1 }) => macroF1) }
          : null,
      seconds: mean(group.map(({ seconds }) => seconds)),
    };
  });
}

function named(
  names: readonly string[],
  runs: readonly Run[],
  figure: (run: Run) => readonly (number | null)[],
): Record<string, number | null> {
  return Object.fromEntries(
    names.map((name, k) => {
      const values = runs.flatMap((run) => figure(run)[k] ?? []);
      return [name, values.length === 0 ? null : mean(values)];
    }),
  );
}

export function summaryOf(options: AccuracyOptions, setting: Setting, runs: readonly Run[]): object {
  const { hospitals, alpha, seeds, threat, head, quiet = false } = options;
  const { subject, records } = setting;
  const { delta, rounds, sampleRate } = subject.training;
  return {
    ...{ benchmark: 'accuracy', summary: true, threat, model: subject.model.id, head, quiet },
    ...{ encoder: subject.model.encoder.id, hospitals, alpha, seeds, delta, rounds, sampleRate, records },
    thresholdRule: subject.threshold,
    trainings: summariesOf(setting, runs),
  };
}

export function reportLines(options: AccuracyOptions, setting: Setting, runs: readonly Run[]): string[] {
  const summaries = summariesOf(setting, runs);
  const { records, subject, classes, families } = setting;
  const plusMinus = ({ mean: centre, sd }: Spread, show: (value: number) => string) =>
    options.seeds.length === 1 ? show(centre) : `${show(centre)} ± ${show(sd)}`;
  const decimals = (value: number) => value.toFixed(3);
  const rows = summaries.map((one) => [
    nameOf(one),
    one.epsilonSpent === null ? '-' : epsilonText(one.epsilonSpent),
    plusMinus(one.accuracy, decimals),
    plusMinus(one.auroc, decimals),
    plusMinus(one.macroF1, decimals),
    percent(one.precisionAtOnePercent.mean),
    one.kept === null ? '-' : percent(one.kept.accuracy),
    one.kept === null ? '-' : percent(one.kept.macroF1),
  ]);
  const share = (value: number | null | undefined) => (value == null ? '-' : percent(value));
  const classRows = (
    pick: (one: TrainingSummary) => Readonly<Record<string, number | null>>,
    of: readonly string[],
  ) => summaries.map((one) => [nameOf(one), ...of.map((name) => share(pick(one)[name]))]);
  const skew = options.alpha === null ? 'evenly' : `by Dirichlet(${options.alpha}) over the classes`;
  const { rounds, sampleRate, delta } = subject.training;
  return [
    `${subject.model.title}: ${integer(records.train)} records dealt out to ${options.hospitals} hospitals ${skew}, ${integer(records.validation)} to validate, ${integer(records.test)} to test.`,
    ...grid(['training', 'ε spent', 'accuracy', 'AUROC', 'macro-F1', 'top 1 %', 'keeps', 'of F1'], rows),
    'Recall: the share of each class that is given this class.',
    ...grid(
      ['training', ...classes],
      classRows(({ recall }) => recall, classes),
    ),
    'Alarms: the share of each class that raises one; of the first these are the false ones.',
    ...grid(
      ['training', ...families],
      classRows(({ alarms }) => alarms, families),
    ),
    ...detailLines(summaries),
    '"top 1 %": the share of threats among the hundredth of the test records with the highest scores. "keeps" and "of F1": accuracy and macro-F1 as shares of those without privacy. Thresholds and times are in the JSON.',
    `${options.seeds.length === 1 ? 'One seed' : `Means ± standard deviation over ${options.seeds.length} seeds`} of split, shares and initial weights; samples and noise are never seeded. "alone" is the mean over the hospitals.`,
    `${rounds} rounds at q = ${sampleRate}, δ = ${small(delta)}. "ε spent" is what each hospital's ledger charges, against the coordinator and the colluders that the plan allows. ${ruleText(setting)}`,
    ...blindLines(options),
  ];
}

/** More kinds than these are for the JSON alone. */
const MOST_DETAILS = 10;

function detailLines(summaries: readonly TrainingSummary[]): string[] {
  const details = Object.keys(summaries[0]?.aurocByDetail ?? {});
  if (details.length === 0 || details.length > MOST_DETAILS) return [];
  return [
    'AUROC of each kind of threat against all that is benign:',
    ...grid(
      ['training', ...details],
      summaries.map((one) => [
        nameOf(one),
        ...details.map((kind) => (one.aurocByDetail[kind] ?? 0).toFixed(3)),
      ]),
    ),
  ];
}

export function nameOf({ training, epsilon }: Pick<TrainingSummary, 'training' | 'epsilon'>): string {
  switch (training) {
    case 'federated-dp':
      return `federated, ε = ${epsilon}`;
    case 'federated':
      return 'federated, no DP';
    case 'pooled':
      return 'pooled, no DP';
    case 'alone':
      return 'alone, no DP';
    case 'rule':
      return 'a rule';
    default:
      return training satisfies never;
  }
}

function blindLines({ head, quiet }: AccuracyOptions): string[] {
  if (head !== 'unsupervised') return [];
  const what = quiet === true ? 'None of them is malicious (--quiet).' : 'Malicious ones are among them.';
  return [`No label was read: all records to learn from and to validate count as benign. ${what}`];
}

function ruleText({ subject: { threshold } }: Setting): string {
  switch (threshold.type) {
    case 'falseAlarms':
      return `Thresholds: at most ${percent(threshold.share, 0)} of the benign validation records raise an alarm.`;
    case 'accuracy':
      return 'Thresholds: nearest to 0.5 of those as accurate on the validation records as the best, within one standard error.';
    default:
      return threshold satisfies never;
  }
}
