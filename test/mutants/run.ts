/**
 * `npm run test:mutants [-- <part of a name>]`: breaks Fedward on purpose, one promise at a time, and demands
 * that the tests notice. Exits 1 when a mutant survives, no longer applies, or cannot be judged.
 */
import { availableParallelism } from 'node:os';
import Table from 'cli-table3';
import { Copy, type TestRun } from './copy.ts';
import { MUTANTS, type Mutant } from './mutants.ts';

interface Verdict {
  readonly mutant: Mutant;
  readonly run: TestRun;
  readonly seconds: number;
}

const LANES = Math.min(2, availableParallelism());

async function main(part: string): Promise<number> {
  const mutants = MUTANTS.filter(({ name }) => name.includes(part));
  if (mutants.length === 0) {
    print(`No mutant has "${part}" in its name.\n`);
    return 2;
  }
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
  const lanes = Array.from({ length: LANES }, () => new Copy(interrupt.signal));
  try {
    if (!(await isGreenUnmutated(mutants, lanes))) return 1;
    const verdicts = await inLanes(mutants, lanes, judge);
    print(`${tableOf(verdicts)}\n`);
    const killed = verdicts.filter(({ run }) => run.outcome === 'red').length;
    print(`${killed} of ${verdicts.length} mutants killed.\n`);
    return killed === verdicts.length ? 0 : 1;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    print('Interrupted.\n');
    return 1;
  } finally {
    for (const lane of lanes) lane.remove();
  }
}

/** Without this a test that always fails would kill every mutant. */
async function isGreenUnmutated(mutants: readonly Mutant[], lanes: readonly Copy[]): Promise<boolean> {
  const files = [...new Set(mutants.flatMap(({ tests }) => tests))];
  const runs = await inLanes(files, lanes, async (file, lane) => ({ file, run: await lane.test([file]) }));
  const bad = runs.filter(({ run }) => run.outcome !== 'green');
  for (const { file, run } of bad) print(`${file} is not green without a mutation: ${outcomeOf(run)}\n`);
  return bad.length === 0;
}

async function judge(mutant: Mutant, lane: Copy): Promise<Verdict> {
  const start = performance.now();
  const run = await lane.try(mutant);
  const seconds = (performance.now() - start) / 1000;
  progress(`${run.outcome === 'red' ? 'killed' : 'ALIVE '} ${mutant.name}\n`);
  return { mutant, run, seconds };
}

/** Gives each lane the next item as soon as it is free; results are in the order of the items. */
async function inLanes<Item, Result>(
  items: readonly Item[],
  lanes: readonly Copy[],
  work: (item: Item, lane: Copy) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  await Promise.all(
    lanes.map(async (lane) => {
      for (const [index, item] of queue) results[index] = await work(item, lane);
    }),
  );
  return results;
}

function tableOf(verdicts: readonly Verdict[]): string {
  const table = new Table({
    head: ['mutant', 'killed by', 's'],
    colWidths: [46, 66, 7],
    colAligns: ['left', 'left', 'right'],
    wordWrap: true,
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: { head: [], border: [] },
  });
  for (const { mutant, run, seconds } of verdicts) {
    table.push([mutant.name, outcomeOf(run), seconds.toFixed(1)]);
  }
  return table.toString();
}

function outcomeOf(run: TestRun): string {
  switch (run.outcome) {
    case 'red':
      return run.failed;
    case 'green':
      return 'SURVIVED: no test noticed';
    case 'broken':
      return `NOT JUDGED: ${run.reason}`;
    default:
      return run satisfies never;
  }
}

function print(text: string): void {
  process.stdout.write(text);
}

/** What a person watches while it runs; the table says it all again. */
function progress(text: string): void {
  process.stderr.write(text);
}

process.exitCode = await main(process.argv[2] ?? '');
