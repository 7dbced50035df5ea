/**
 * How the constants of training, knots and networks were chosen, and can be chosen again:
 *
 *     npx tsx benchmarks/accuracy/select.ts --threat network-intrusion --data ../shared/data/nsl-kdd
 *
 * Each candidate trains the federated job of the benchmark (ten hospitals, Dirichlet 0.5), at ε = 3 and without
 * privacy, on every fold of `selections.ts`. The criterion: the mean over folds of (balanced accuracy + macro-F1) / 2 at
 * ε = 3, which is what a consortium runs, at a threshold from validation records by the subject's own rule. The first
 * candidate within 0.005 of the best is taken; the list begins with the simplest: fewest weights, then fewest rounds.
 */
import { parseArgs } from 'node:util';
import { BitSource, osEntropy } from '../../dp/sampling/entropy.ts';
import { FedwardError } from '../../proto/errors.ts';
import { loadEngine } from '../../threats/engine.ts';
import { grid, printLines, progressLine } from '../audit/output.ts';
import { percent } from '../report/format.ts';
import { deal, mean } from './bench.ts';
import { pick, type Records } from './data.ts';
import { federatedJob, trainFederated } from './federated.ts';
import { createJudge, type Quality } from './judge.ts';
import { type Candidate, candidateModel, type Fold, SELECTIONS, type Selection } from './selections.ts';
import { subjectFor } from './subjects.ts';

const JUDGED_EPSILON = 3;
const EPSILONS = [JUDGED_EPSILON, null];
const OPTIONS = { hospitals: 10, alpha: 0.5 };
const TIE = 0.005;

interface Figures {
  readonly epsilon: number | null;
  readonly balancedAccuracy: number;
  readonly macroF1: number;
}

async function select(selection: Selection, folder: string): Promise<void> {
  const progress = progressLine();
  const { subject, candidates } = selection;
  const engine = await loadEngine();
  const bits = new BitSource(osEntropy());
  const records = await selection.records(folder);
  const folds = selection.folds(records);

  const figuresOf = async (candidate: Candidate, { train, test }: Fold, seed: number): Promise<Figures[]> => {
    const model = candidateModel(selection, candidate);
    const loaded = { train: pick(records, train), test: pick(records, test) };
    const dealt = deal({ ...subject, model }, loaded, OPTIONS, seed);
    const families = model.classes.length;
    const judge = createJudge(
      engine,
      model.network,
      families,
      subject.threshold,
      dealt.validation,
      dealt.test,
    );
    const figures: Figures[] = [];
    for (const epsilon of EPSILONS) {
      const { hospitals } = OPTIONS;
      const of = { threat: model, constants: candidate.training, epsilon, hospitals };
      const job = federatedJob({ ...of, records: dealt.pooled.rows });
      const { weights } = await trainFederated(engine, job, model, dealt.shares, seed, bits);
      const quality = judge.judge(weights);
      const { macroF1 } = quality;
      figures.push({ epsilon, balancedAccuracy: balancedAccuracy(quality, loaded.test), macroF1 });
    }
    judge.dispose();
    return figures;
  };

  const rows: { readonly name: string; readonly figures: readonly Figures[]; readonly score: number }[] = [];
  for (const candidate of candidates) {
    const figures: Figures[] = [];
    for (const [i, fold] of folds.entries()) {
      progress(`${rows.length + 1} of ${candidates.length}: ${nameOf(candidate)}, fold ${i + 1}`);
      figures.push(...(await figuresOf(candidate, fold, i + 1)));
    }
    const judged = figures.filter(({ epsilon }) => epsilon === JUDGED_EPSILON);
    const score = mean(judged.map((one) => (one.balancedAccuracy + one.macroF1) / 2));
    rows.push({ name: nameOf(candidate), figures, score });
  }
  progress('');
  const best = Math.max(...rows.map(({ score }) => score));
  const taken = rows.find(({ score }) => score >= best - TIE);
  printLines([
    `${subject.model.title}: ${folds.length} folds of ${records.labels.length} records that the benchmark does not test on.`,
    ...grid(
      ['candidate', 'ε = 3: bal. acc.', 'macro-F1', 'no DP: bal. acc.', 'macro-F1', 'score', ''],
      rows.map((row) => [
        row.name,
        ...EPSILONS.flatMap((epsilon) => {
          const own = row.figures.filter((one) => one.epsilon === epsilon);
          return [
            percent(mean(own.map((one) => one.balancedAccuracy))),
            mean(own.map((one) => one.macroF1)).toFixed(3),
          ];
        }),
        row.score.toFixed(4),
        row === taken ? 'taken' : '',
      ]),
    ),
    `Taken: the first within ${TIE} of the best.`,
  ]);
}

/** Mean of the shares of benign records that stay silent and of threats that raise an alarm. */
function balancedAccuracy({ alarms }: Quality, { labels }: Records): number {
  let [threats, caught] = [0, 0];
  for (const label of labels) {
    if (label === 0) continue;
    threats++;
    caught += alarms[label] ?? 0;
  }
  return (1 - (alarms[0] ?? 0) + caught / threats) / 2;
}

function nameOf({ bins, hidden, training: { rounds, sampleRate, clip, learningRate } }: Candidate): string {
  const network = hidden === 0 ? 'one layer' : `${hidden} hidden`;
  const knots = bins === null ? [] : [`${bins + 1} knots`];
  return [
    ...[network, ...knots],
    ...[`${rounds} rounds`, `q ${sampleRate}`, `clip ${clip}`, `rate ${learningRate}`],
  ].join(', ');
}

const { values } = parseArgs({
  options: { threat: { type: 'string' }, data: { type: 'string' } },
});
const { threat = '', data = '' } = values;
const subject = await subjectFor(threat, data);
const selection = SELECTIONS.find((one) => one.subject === subject);
if (selection === undefined) {
  throw new FedwardError('INVALID_ARGUMENT', `There is nothing to select for --threat ${threat}.`);
}
await select(selection, data);
