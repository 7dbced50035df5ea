/** `fedward bench reidentification`, run and shown. */
import type { AttackReport } from '../../dp/audit/membership.ts';
import { osEntropy } from '../../dp/sampling/entropy.ts';
import { loadEngine } from '../../threats/engine.ts';
import { auroc, epsilon, hospitals, integer, percent, small } from '../report/format.ts';
import { loadMailData } from './mail-data.ts';
import { type Format, grid, printJson, printLines, progressLine } from './output.ts';
import {
  type Adversary,
  type BenchOptions,
  benchReidentification,
  type Measured,
  type ReidentificationResult,
} from './reidentification-bench.ts';

export async function runReidentificationBench(
  options: Pick<BenchOptions, 'epsilons' | 'shadows' | 'seed'>,
  format: Format,
): Promise<void> {
  const progress = progressLine();
  progress('reading the mails');
  const engine = await loadEngine();
  const data = await loadMailData(options.seed);
  for await (const result of benchReidentification(engine, data, {
    ...options,
    entropy: osEntropy(),
    progress,
  })) {
    progress('');
    if (format === 'json') printJson(result);
    else printLines(reidentificationLines(result));
  }
}

export function reidentificationLines(result: ReidentificationResult): string[] {
  const { withDp, withoutDp, utilityKept } = result;
  return [
    '',
    `ε = ${result.epsilon} at δ = ${small(result.delta)}, ${integer(result.records)} records planned`,
    '',
    'Provable, for any adversary who sees every sum (for a test wrong about outsiders as often as the prior):',
    ...provableTable(result),
    'Measured, on the released model:',
    ...measuredTable(withDp, withoutDp),
    falsePositives(withDp.lira),
    `Utility: accuracy ${percent(withDp.quality.accuracy)} with and ${percent(withoutDp.quality.accuracy)} without differential privacy: ${percent(utilityKept)} kept.`,
    ...verdict(result),
  ];
}

function provableTable({ provable, records, colluders }: ReidentificationResult): string[] {
  const names: Record<Adversary, string> = {
    'coordinator-and-colluders': `coordinator and ${hospitals(colluders)}`,
    'everyone-else': 'everyone else',
  };
  const rows = provable.flatMap((each) =>
    each.bounds.map(({ prior, power, advantage, reduction }, i) => [
      i === 0 ? `${names[each.adversary]}, ε ${epsilon(each.epsilon)}` : '',
      prior === 1 / records ? `1/${records}` : String(prior),
      atMost(power),
      atMost(advantage),
      atLeast(reduction, 3),
    ]),
  );
  return grid(['adversary', 'prior', 'power ≤', 'advantage ≤', 'reduction ≥'], rows);
}

function measuredTable(withDp: Measured, withoutDp: Measured): string[] {
  const row = (name: string, attack: AttackReport) => [
    name,
    auroc(attack.auroc),
    ...attack.points.map(
      ({ power, powerInterval: { lower, upper } }) =>
        `${percent(power, 2)} [${percent(lower, 2)}, ${percent(upper, 2)}]`,
    ),
  ];
  const rates = withDp.lira.points.map(({ rate }) => `power at ${percent(rate)} false positives`);
  return grid(
    ['attack', 'AUROC', ...rates],
    [
      row('loss threshold, with DP', withDp.lossThreshold),
      row('LiRA, with DP', withDp.lira),
      row('loss threshold, without DP', withoutDp.lossThreshold),
      row('LiRA, without DP', withoutDp.lira),
    ],
  );
}

/** Few outsiders make a low rate uncertain itself. */
function falsePositives({ nonMembers, points }: AttackReport): string {
  const named = points.map(
    ({ falsePositives: count, falsePositiveInterval: { lower, upper } }) =>
      `${count} named by mistake stand for ${percent(lower, 2)} to ${percent(upper, 2)}`,
  );
  return `95 % intervals in brackets. Of ${integer(nonMembers)} outsiders ${named.join(', ')}.`;
}

/** Bounds are rounded outward. */
function atMost(share: number): string {
  return percent(Math.ceil(share * 1e5) / 1e5, 3);
}

function atLeast(share: number, digits: number): string {
  const unit = 10 ** (digits + 2);
  return percent(Math.floor(share * unit) / unit, digits);
}

/** The claim that circulates: 99.98 % less re-identification at 95 % utility. */
const CLAIM = { reduction: 0.9998, utility: 0.95 };

/** Where the claim is proved and where it is not, in the accountant's own figures. */
export function verdict({ provable, records, utilityKept }: ReidentificationResult): string[] {
  const name = (prior: number) => (prior === 1 / records ? `1/${records}` : String(prior));
  const bounds = provable.find(({ adversary }) => adversary === 'coordinator-and-colluders')?.bounds ?? [];
  const proved = bounds.filter(({ reduction }) => reduction >= CLAIM.reduction);
  const figures = bounds.map(({ prior, reduction }) => `${atLeast(reduction, 2)} at ${name(prior)}`);
  return [
    `"99.98 % less re-identification at 95 % utility" is ${proved.length === 0 ? 'not proved at any of these priors' : `proved only at prior ${proved.map(({ prior }) => name(prior)).join(', ')}`}: the adversary loses at least ${figures.join(', ')}; utility ${utilityKept >= CLAIM.utility ? 'is above 95 %' : 'is below 95 %'}.`,
    `At 1/${records} such a figure is cheap: whoever doubles the chance of ${percent(1 / records, 3)} still has "${percent(1 - 1 / (records - 1), 2)} less".`,
  ];
}
