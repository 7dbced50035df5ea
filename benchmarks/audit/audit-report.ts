/** `fedward bench audit`, run and shown. */
import { osEntropy } from '../../dp/sampling/entropy.ts';
import { FedwardError } from '../../proto/errors.ts';
import { loadEngine } from '../../threats/engine.ts';
import { auroc, epsilon, integer, percent } from '../report/format.ts';
import { loadMailData } from './mail-data.ts';
import { type AuditResult, auditOneRun } from './one-run-audit.ts';
import { type Format, grid, printJson, printLines, progressLine } from './output.ts';

export interface Audits {
  readonly epsilons: readonly (number | null)[];
  readonly seeds: readonly number[];
  readonly canaries: number;
  readonly guesses: number;
}

/** One line for each budget and seed. A refuted accountant makes the process fail. */
export async function runAuditBench(
  { epsilons, seeds, canaries, guesses }: Audits,
  format: Format,
): Promise<void> {
  if (!Number.isInteger(guesses) || guesses < 1 || guesses > canaries) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `--guesses must be a whole number from 1 to the ${canaries} canaries; got ${guesses}.`,
    );
  }
  const progress = progressLine();
  const results: AuditResult[] = [];
  progress('reading the mails');
  const engine = await loadEngine();
  for (const seed of seeds) {
    const data = await loadMailData(seed);
    for (const budget of epsilons) {
      progress(`seed ${seed}, ε = ${budget ?? 'none'}: training with ${integer(canaries)} canaries`);
      const options = { epsilon: budget, canaries, guesses, seed, entropy: osEntropy() };
      const result = await auditOneRun(engine, data, options);
      results.push(result);
      progress('');
      if (format === 'json') printJson(result);
    }
  }
  if (format === 'table') printLines(auditLines(results));
  if (results.some(refuted)) process.exitCode = 1;
}

/** The audit proves, at 95 % confidence, that the accountant's figure is too small. */
function refuted({ empiricalLower, accountantEpsilon }: AuditResult): boolean {
  return accountantEpsilon !== null && empiricalLower > accountantEpsilon;
}

export function auditLines(results: readonly AuditResult[]): string[] {
  const rows = results.map((result) => [
    result.epsilon === null ? 'none' : String(result.epsilon),
    String(result.seed),
    result.accountantEpsilon === null ? '∞' : epsilon(result.accountantEpsilon),
    // A lower bound is rounded down.
    (Math.floor(result.empiricalLower * 100) / 100).toFixed(2),
    `${result.correct} of ${result.guesses}`,
    auroc(result.attackAuroc),
    percent(result.accuracy),
    auroc(result.auroc),
  ]);
  const wrong = results.filter(refuted);
  return [
    ...grid(['ε', 'seed', 'accountant', 'proven ≥', 'right', 'attack AUROC', 'accuracy', 'AUROC'], rows),
    wrong.length === 0
      ? 'No accountant is refuted: what each audit proves, with 95 % confidence, lies below what is charged.'
      : `REFUTED at 95 % confidence for ${wrong.length} of ${results.length}: more leaks than is charged. Run it again; if it stays, noise or clipping is broken.`,
    'Each canary is a crafted mail of one word, put in by a coin; the auditor sees every round’s sum, with the least noise that the plan allows.',
  ];
}
