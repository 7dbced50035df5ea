/** What yargs lets pass, caught before a command sees it. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { checkArguments, withDashes } from '../../../participant/cli/arguments.ts';

test('a lone dash belongs to the option before it, where that takes one', () => {
  expect(withDashes(['detect', '--input', '-', '--all'])).toEqual(['detect', '--input=-', '--all']);
  expect(withDashes(['data', 'describe', '--quiet', '-'])).toEqual(['data', 'describe', '--quiet', '-']);
  expect(withDashes(['-', '--input', 'a', '-'])).toEqual(['-', '--input', 'a', '-']);
});

const declared = {
  key: { model: true, threshold: true, kill: true, set: true, all: true, 'log-level': true, seed: true },
  alias: { set: ['c'], 'log-level': ['logLevel'] },
  ...{ array: ['kill', 'set'], boolean: ['all'], count: [], number: ['threshold', 'seed'] },
};

test.each([
  ['--model A --model B', /--model is given more than once/],
  ['--model=A --model B', /--model is given more than once/],
  ['--all --all', /--all is given more than once/],
  ['--log-level a --logLevel b', /--logLevel is given more than once/],
  ['--threshold', /--threshold needs a value/],
  ['--model --all', /--model needs a value/],
  ['--model=', /--model needs a value/],
  ['-c', /-c needs a value/],
  ['--threshold abc', /--threshold must be a number; got "abc"/],
  ['--threshold=0,5', /--threshold must be a number; got "0,5"/],
])('%s', (line, message) => {
  expect(() => checkArguments(line.split(' '), declared)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) }),
  );
});

test.each([
  '--kill a --kill b -c x=1 -c y=2 --model - --all',
  '--seed -5 --threshold 1e-3',
  '--model A -- --model B',
  '--unknown --unknown',
])('%s is well', (line) => {
  expect(() => checkArguments(line.split(' '), declared)).not.toThrow();
});

test('the executable joins and checks before any command runs', () => {
  const executable = fileURLToPath(new URL('../../../fedward.ts', import.meta.url));
  const args = ['detect', '--model', 'A', '--model', 'B', '--input', '-'];
  const run = spawnSync(process.execPath, ['--import', 'tsx', executable, ...args], { encoding: 'utf8' });
  expect(run).toMatchObject({ status: 2, stderr: 'fedward: --model is given more than once.\n' });
}, 30_000);
