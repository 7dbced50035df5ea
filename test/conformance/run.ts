/**
 * `npm run test:conformance`: the Python member replays the vectors, then takes part in real rounds over gRPC and
 * mutual TLS with four of our own members. Exits with 1 when anything differs and 2 when Python lacks a module.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HospitalId, hospitalId } from '../../proto/vocabulary.ts';
import { IDS, PYTHON, provision } from './live-consortium.ts';
import { DIMENSION, playRound, type RoundResult } from './live-round.ts';
import { type PythonProcess, startPython } from './python-member.ts';

const print = (line: string) => process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const vectors = await within(120_000, startPython(['check_vectors.py']));
  if (vectors.code !== 0) {
    print(vectors.output);
    return vectors.code === 2 ? 2 : 1;
  }
  print('Python replays the vectors: every value, every message, every refusal');
  const folder = mkdtempSync(join(tmpdir(), 'fedward-conformance-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const consortium = await provision(folder);
  const rounds: [job: string, leaver: HospitalId | null, what: string][] = [
    ['everyone', null, 'everyone stays'],
    ['ours-leaves', hospitalId('south'), 'a TypeScript member leaves before its vector'],
    ['python-leaves', PYTHON, 'the Python member leaves before its vector'],
  ];
  for (const [job, leaver, what] of rounds) {
    const result = await playRound(consortium, job, leaver);
    const failure = failureOf(result, leaver);
    print(`${failure === null ? 'ok  ' : 'FAIL'} ${what}: ${summary(result)}`);
    if (failure !== null) {
      print(`     ${failure}`);
      if (result.python.output !== '') print(result.python.output.replaceAll(/^/gm, '     python: '));
      return 1;
    }
  }
  print(
    `conformance: exact in ${rounds.length} of ${rounds.length} rounds of 4 TypeScript members and 1 in Python`,
  );
  return 0;
}

function summary({ contributors, exact, tookMs }: RoundResult): string {
  const size = DIMENSION.toLocaleString('en');
  const sum = exact ? 'is exact' : 'IS NOT what their vectors add up to';
  return `the sum of ${size} integers over ${contributors.length} of ${IDS.length} hospitals ${sum} (${(tookMs / 1000).toFixed(1)} s)`;
}

/** What is wrong with a round; null when nothing is. */
function failureOf({ contributors, exact, outcome, python }: RoundResult, leaver: HospitalId | null) {
  const expected = IDS.filter((id) => id !== leaver);
  if (outcome === null || python.code !== 0) return `The Python member ended with exit code ${python.code}.`;
  if (outcome.outcome !== 'completed') return `The job ${outcome.outcome}: ${outcome.failure?.reason}`;
  if (contributors.join() !== expected.join()) return `In the sum are ${contributors.join(', ')}.`;
  return exact ? null : 'The unmasked sum is another one.';
}

async function within(ms: number, child: PythonProcess) {
  const timeout = setTimeout(() => child.kill(), ms);
  return child.exited.finally(() => clearTimeout(timeout));
}

// Leaving by `exit` takes the Python process and the folder along, whatever it was doing.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.exit(await main());
