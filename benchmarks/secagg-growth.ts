/** `fedward bench secagg --growth`: how the times grow with the number of members. */
import Table from 'cli-table3';
import { measureSecagg, type Report, type SecaggFigures, sessionsText, time } from './secagg-bench.ts';
import { consortiumOf, type Setting } from './secagg-setting.ts';

export const GROWTH_MEMBERS = [10, 20, 50, 100, 200, 500] as const;

export interface SecaggGrowth {
  readonly dimension: number;
  readonly dropout: number;
  readonly rows: readonly (Omit<SecaggFigures, 'peakRssMb'> & {
    readonly graph: 'complete' | 'harary';
    readonly degree: number;
  })[];
  /** e of the best fit seconds ~ n^e. */
  readonly exponents: {
    /** Over the sizes up to 100, where everyone masks with everyone. */
    readonly complete: Exponents;
    /** Over all sizes, the random graph above 100 included. */
    readonly all: Exponents;
  };
}

interface Exponents {
  readonly mask: number;
  readonly unmask: number;
}

/** One row after the other, each measured as `measureSecagg` does. */
export async function measureGrowth(
  sizes: readonly number[],
  { dimension, dropout }: Omit<Setting, 'members'>,
  repeat: number,
  report: Report,
): Promise<SecaggGrowth> {
  const rows: SecaggGrowth['rows'][number][] = [];
  for (const [i, members] of sizes.entries()) {
    const setting = { members, dimension, dropout };
    const { peakRssMb: _, ...figures } = await measureSecagg(setting, repeat, (done, what) =>
      report((i + done) / sizes.length, what),
    );
    const { graph } = consortiumOf(setting, 1).plan.cohort;
    rows.push({
      ...figures,
      graph: graph === null ? 'complete' : 'harary',
      degree: graph?.degree ?? members - 1,
    });
  }
  const fitted = (of: readonly SecaggGrowth['rows'][number][]): Exponents => ({
    mask: exponent(of.map(({ members, maskSeconds }) => [members, maskSeconds])),
    unmask: exponent(of.map(({ members, unmaskSeconds }) => [members, unmaskSeconds])),
  });
  const complete = fitted(rows.filter(({ graph }) => graph === 'complete'));
  return { dimension, dropout, rows, exponents: { complete, all: fitted(rows) } };
}

/** Slope of the least-squares line through (log x, log y): e where y ~ x^e. To two decimals. */
export function exponent(points: readonly (readonly [x: number, y: number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(logs.map(([x]) => x)), mean(logs.map(([, y]) => y))];
  const covariance = mean(logs.map(([x, y]) => (x - meanX) * (y - meanY)));
  const variance = mean(logs.map(([x]) => (x - meanX) ** 2));
  return Math.round((100 * covariance) / variance) / 100;
}

export function growthText({ dimension, dropout, rows, exponents }: SecaggGrowth, repeat: number): string {
  const table = new Table({
    head: ['members', 'graph', 'neighbours', 'dropped', 'R1', 'mask', 'unmask', 'sum'],
    colAligns: ['right', 'left', ...Array.from({ length: 5 }, () => 'right' as const), 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) {
    const { members, graph, degree, dropped, shareSeconds, maskSeconds, unmaskSeconds, exact } = row;
    const times = [shareSeconds, maskSeconds, unmaskSeconds].map(time);
    table.push([members, graph, degree, dropped, ...times, exact ? 'exact' : 'NOT EXACT']);
  }
  const { complete, all } = exponents;
  return [
    `${dimension} parameters, ${Math.round(1000 * dropout) / 10} % of the members drop out after sharing their keys.`,
    table.toString(),
    `On the complete graph masking grows as n^${complete.mask} and unmasking as n^${complete.unmask}; over all sizes as n^${all.mask} and n^${all.unmask}.`,
    `${sessionsText(repeat)} of each size. Node ${process.version}.`,
  ].join('\n');
}
