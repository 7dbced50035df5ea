/** A throw-away copy of the house, in which a mutation harms nobody, and its tests. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Mutant } from './mutants.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NOT_COPIED = new Set(['node_modules', 'dist', 'fedward-demo', 'coverage']);
/** A mutant that makes its tests run for ever has not been noticed by them. */
const GIVE_UP_MS = 120_000;

export type TestRun =
  | { readonly outcome: 'green' }
  /** `failed` names the first test that failed, and its file. */
  | { readonly outcome: 'red'; readonly failed: string }
  /** Not one test could be judged. */
  | { readonly outcome: 'broken'; readonly reason: string };

/** The part of vitest's JSON report that is looked at. */
const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

/** Times that the mutation's text occurs in its file: anything but 1 means that the mutant is out of date. */
export function occurrences({ file, find }: Mutant, root = ROOT): number {
  const path = join(root, file);
  return existsSync(path) ? readFileSync(path, 'utf8').split(find).length - 1 : 0;
}

export class Copy {
  readonly #root: string;
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    this.#root = mkdtempSync(join(tmpdir(), 'fedward-mutant-'));
    for (const { name } of readdirSync(ROOT, { withFileTypes: true })) {
      if (name.startsWith('.') || NOT_COPIED.has(name)) continue;
      cpSync(join(ROOT, name), join(this.#root, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(this.#root, 'node_modules'), 'dir');
  }

  /** Runs the mutant's tests on the mutated source, and takes the mutation back. */
  async try(mutant: Mutant): Promise<TestRun> {
    const count = occurrences(mutant, this.#root);
    if (count !== 1) {
      return { outcome: 'broken', reason: `its text occurs ${count} times in ${mutant.file}, not once` };
    }
    const path = join(this.#root, mutant.file);
    const original = readFileSync(path, 'utf8');
    // A function, because a replacement text may hold a $.
    writeFileSync(
      path,
      original.replace(mutant.find, () => mutant.replace),
    );
    try {
      return await this.test(mutant.tests);
    } finally {
      writeFileSync(path, original);
    }
  }

  /** Runs test files on the source as it is. That a file does not even load proves nothing. */
  async test(files: readonly string[]): Promise<TestRun> {
    const report = join(this.#root, 'report.json');
    rmSync(report, { force: true });
    const vitest = join(this.#root, 'node_modules', 'vitest', 'vitest.mjs');
    await this.#run(process.execPath, [
      ...[vitest, 'run', '--config', 'vitest.mutants.config.ts', '--bail', '1'],
      ...['--reporter', 'json', '--outputFile', report, ...files],
    ]);
    if (!existsSync(report)) return { outcome: 'broken', reason: 'vitest was ended without a report' };
    const { testResults } = reportSchema.parse(JSON.parse(readFileSync(report, 'utf8')));
    for (const { name, assertionResults } of testResults) {
      const failed = assertionResults.find(({ status }) => status === 'failed');
      if (failed !== undefined) {
        return { outcome: 'red', failed: `${relative(this.#root, name)}: ${failed.fullName}` };
      }
    }
    for (const file of files) {
      const result = testResults.find(({ name }) => name.endsWith(`/${file}`));
      if (result === undefined || result.assertionResults.length === 0)
        return { outcome: 'broken', reason: `${file} did not load: ${firstLine(result?.message)}` };
    }
    const unwell = testResults.find(({ status }) => status !== 'passed');
    return unwell === undefined
      ? { outcome: 'green' }
      : {
          outcome: 'broken',
          reason: `${unwell.name} failed outside its tests: ${firstLine(unwell.message)}`,
        };
  }

  /** Ends it and all that it started when it takes too long or the run is interrupted: a worker may be in a loop. */
  async #run(command: string, options: readonly string[]): Promise<void> {
    this.#signal.throwIfAborted();
    const child = spawn(command, options, { cwd: this.#root, stdio: 'ignore', detached: true });
    const end = () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    const timer = setTimeout(end, GIVE_UP_MS);
    this.#signal.addEventListener('abort', end);
    await once(child, 'exit');
    clearTimeout(timer);
    this.#signal.removeEventListener('abort', end);
    this.#signal.throwIfAborted();
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}

function firstLine(text = ''): string {
  return text.split('\n')[0]?.trim() || 'no reason given';
}
