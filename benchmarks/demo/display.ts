/**
 * What `fedward demo` shows while it runs: a live block on a terminal, plain lines elsewhere, or NDJSON.
 *
 * Plain lines are few: one per preparation step, per tenth of the rounds and per notable event. `quiet`
 * leaves only the notable events and the result, in both formats.
 */
import type { JobEvent } from '../../coordinator/progress.ts';
import { FedwardError } from '../../proto/errors.ts';
import { duration } from '../report/format.ts';
import { advance, blockLines, type JobView, notableLine, progressLine, startView } from './job-view.ts';
import { type DemoReport, summaryOf } from './report-data.ts';
import { type Outcome, resultLines } from './result.ts';
import { type Environment, liveBlock, type Out, oneLine, type Style, styleOf } from './terminal.ts';

export interface Display {
  /**
   * Shows `title` until `work` ends, then for good.
   *
   * @param describe What the result was, for the line that stays.
   * @returns What `work` gives; its failure is shown and passed on.
   */
  step<T>(title: string, work: Promise<T>, describe?: (result: T) => string): Promise<T>;
  event(event: JobEvent): void;
  /** The result; nothing may follow. */
  end(report: DemoReport, outcome: Outcome): void;
  /** What stopped the run; nothing may follow. */
  fail(error: unknown): void;
}

export interface DisplayOptions {
  readonly format: 'table' | 'json';
  readonly quiet: boolean;
  readonly stream: Out;
  readonly isTty: boolean;
  /** For `NO_COLOR`, `CI`, `TERM` and the locale. @default process.env */
  readonly env?: Environment;
  /** Seconds, from any origin. @default the process's own */
  readonly clock?: () => number;
}

export function createDisplay(given: DisplayOptions): Display {
  const { env = process.env, clock = () => performance.now() / 1000 } = given;
  const options = { ...given, env, clock };
  if (given.format === 'json') return jsonDisplay(options);
  const style = styleOf(env, given.isTty);
  const live = given.isTty && !given.quiet && !env.CI && env.TERM !== 'dumb';
  return live ? liveDisplay(options, style) : plainDisplay(options, style);
}

function jsonDisplay({ stream, quiet, clock }: Required<DisplayOptions>): Display {
  const write = (value: object) => stream.write(`${JSON.stringify(value)}\n`);
  const notable = (event: JobEvent) =>
    event.type === 'dropped' || event.type === 'round-aborted' || event.type === 'job-ended';
  return {
    step: (title, work) =>
      watch(work, clock, (progress) => {
        if (quiet) return;
        const seconds = progress.state === 'started' ? {} : { seconds: Number(progress.seconds.toFixed(3)) };
        write({ type: 'step', title, state: progress.state, ...seconds });
      }),
    event(event) {
      if (!quiet || notable(event)) write(event);
    },
    end(report) {
      write(summaryOf(report));
    },
    fail(error) {
      write({ type: 'error', ...failure(error) });
    },
  };
}

function plainDisplay({ stream, quiet, clock }: Required<DisplayOptions>, style: Style): Display {
  const write = (line: string) => stream.write(`${style.text(line)}\n`);
  let view: JobView | null = null;
  let tenths = 0;
  return {
    step: (title, work, describe) =>
      watch(work, clock, (progress) => {
        if (progress.state === 'failed') write(`${title}: failed after ${duration(progress.seconds)}`);
        if (progress.state === 'done' && !quiet) write(doneText(title, progress, describe));
      }),
    event(event) {
      view = event.type === 'job-started' ? startView(event) : view && advance(view, event);
      const notable = notableLine(event, style);
      if (notable !== null) write(notable);
      if (quiet || view === null) return;
      if (event.type === 'job-started') write(startLine(event));
      if (event.type !== 'round-committed') return;
      const reached = Math.floor((10 * view.committed) / view.job.rounds);
      if (reached > tenths) write(progressLine(view));
      tenths = reached;
    },
    end(report, outcome) {
      for (const line of resultLines(report, outcome, style)) write(line);
    },
    fail(error) {
      const { code, message } = failure(error);
      write(style.red(`${message} [${code}]`));
    },
  };
}

const FRAME_MS = 80;

function liveDisplay({ stream, clock }: Required<DisplayOptions>, style: Style): Display {
  const block = liveBlock(stream);
  const running = new Set<{ readonly title: string; readonly since: number }>();
  const settled: string[] = [];
  let view: JobView | null = null;
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;

  const paint = () => {
    const spinner = style.glyphs.spinner[frame++ % style.glyphs.spinner.length] ?? '';
    const steps = [...running].map(
      ({ title, since }) => `  ${style.cyan(spinner)} ${title}${style.dim(elapsed(clock() - since))}`,
    );
    const lines = [...steps, ...(view === null ? [] : blockLines(view, style))];
    block.paint(lines.map(style.text), settled.splice(0).map(style.text));
    if (running.size === 0 && view === null) {
      clearInterval(timer);
      timer = undefined;
    }
  };
  // Events only change what the next frame shows: eight rounds a second make no more writes than one.
  const wake = () => {
    if (timer !== undefined) return;
    timer = setInterval(paint, FRAME_MS);
    timer.unref();
    paint();
  };
  /** What is on the screen stays there, and what follows goes under it. */
  const settle = (after: readonly string[]) => {
    if (view !== null) settled.push(...blockLines(view, style), '');
    settled.push(...after);
    view = null;
  };
  const close = (after: readonly string[]) => {
    settle(after);
    running.clear();
    paint();
  };

  return {
    step(title, work, describe) {
      const entry = { title, since: clock() };
      return watch(work, clock, (progress) => {
        const { state } = progress;
        if (state === 'started') running.add(entry);
        else running.delete(entry);
        const { done, failed } = style.glyphs;
        if (state === 'done') settled.push(`  ${style.green(done)} ${doneText(title, progress, describe)}`);
        if (state === 'failed') settled.push(`  ${style.red(failed)} ${title}`);
        wake();
      });
    },
    event(event) {
      view = event.type === 'job-started' ? startView(event) : view && advance(view, event);
      const notable = notableLine(event, style);
      // A drop stands in the block; a line for it as well would say it twice.
      const line = notable === null || event.type === 'dropped' ? [] : [`  ${notable}`];
      if (event.type === 'job-ended') settle(line);
      else settled.push(...line);
      wake();
    },
    end(report, outcome) {
      close(resultLines(report, outcome, style));
    },
    fail(error) {
      const { code, message } = failure(error);
      close(['', `  ${style.red(`${style.glyphs.failed} ${message}`)} ${style.dim(`[${code}]`)}`, '']);
    },
  };
}

interface Done<T> {
  readonly state: 'done';
  readonly seconds: number;
  readonly result: T;
}
type StepProgress<T> =
  | { readonly state: 'started' }
  | Done<T>
  | { readonly state: 'failed'; readonly seconds: number };

/** Tells `report` how `work` goes, and passes on what it gives or throws. */
async function watch<T>(
  work: Promise<T>,
  clock: () => number,
  report: (progress: StepProgress<T>) => void,
): Promise<T> {
  const start = clock();
  report({ state: 'started' });
  try {
    const result = await work;
    report({ state: 'done', seconds: clock() - start, result });
    return result;
  } catch (error) {
    report({ state: 'failed', seconds: clock() - start });
    throw error;
  }
}

function doneText<T>(title: string, { result, seconds }: Done<T>, describe?: (result: T) => string): string {
  const what = describe === undefined ? '' : `: ${describe(result)}`;
  return `${title}${what} (${duration(seconds)})`;
}

/** Only once it is worth waiting for. */
function elapsed(seconds: number): string {
  return seconds < 2 ? '' : `  ${Math.floor(seconds)} s`;
}

function startLine(job: Extract<JobEvent, { type: 'job-started' }>): string {
  const budget = job.epsilonBudget === null ? 'no privacy' : `budget ε ${job.epsilonBudget}`;
  return `job ${job.job}: ${job.hospitals.length} hospitals, ${job.rounds} rounds, mode ${job.mode}, ${budget}, ${job.engine}`;
}

function failure(error: unknown): { code: string; message: string; exitCode: number } {
  const message = oneLine(error instanceof Error ? error.message : String(error));
  if (error instanceof FedwardError) return { code: error.code, message, exitCode: error.exitCode };
  return { code: 'UNEXPECTED', message, exitCode: 1 };
}
