import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { loadEngine } from '../../threats/engine.ts';
import { loadNative } from '../../threats/native-engine.ts';

const root = mkdtempSync(join(tmpdir(), 'fedward-engine-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const require = createRequire(import.meta.url);
const [core, layers, cpu] = ['core', 'layers', 'backend-cpu'].map((name) =>
  JSON.stringify(require.resolve(`@tensorflow/tfjs-${name}`)),
);

/** A stand-in for the package `@tensorflow/tfjs-node`. */
function nativePackage(name: string, { binary, main }: { binary: boolean; main: string }): string {
  const directory = join(root, name);
  mkdirSync(join(directory, 'lib', 'napi-v8'), { recursive: true });
  if (binary) writeFileSync(join(directory, 'lib', 'napi-v8', 'tfjs_binding.node'), '');
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name, main: 'index.js' }));
  writeFileSync(join(directory, 'index.js'), main);
  return directory;
}

const WORKING = `
const core = require(${core});
if (core.findBackend('tensorflow') === null) {
  require(${cpu});
  core.copyRegisteredKernels('cpu', 'tensorflow');
  core.registerBackend('tensorflow', () => core.findBackend('cpu'));
}
module.exports = { ...core, ...require(${layers}) };`;

describe('the native engine', () => {
  const cases = [
    { name: 'no-binary', binary: false, main: WORKING, reason: /installed without its binary/ },
    {
      name: 'throwing',
      binary: true,
      main: 'throw new Error("wrong ELF class")',
      reason: /Error: wrong ELF class/,
    },
    {
      name: 'crashing',
      binary: true,
      main: 'process.kill(process.pid, "SIGSEGV")',
      reason: /ended by SIGSEGV/,
    },
    {
      name: 'untrainable',
      binary: true,
      main: `${WORKING} module.exports.sequential = () => { throw new TypeError("isNullOrUndefined is not a function") }`,
      reason: /isNullOrUndefined/,
    },
    {
      name: 'second-copy',
      binary: true,
      main: `${WORKING} module.exports.Tensor = class {}`,
      reason: /another copy of tfjs-core/,
    },
  ];
  test.each(cases)('$name: is passed over, with the reason', async ({ name, binary, main, reason }) => {
    const found = await loadNative(
      await import('@tensorflow/tfjs-core'),
      nativePackage(name, { binary, main }),
    );
    expect(found).toEqual({ state: 'unusable', reason: expect.stringMatching(reason) });
  });

  test('not installed', async () => {
    const found = await loadNative(await import('@tensorflow/tfjs-core'), null);
    expect(found).toMatchObject({ state: 'unusable', reason: expect.stringContaining('not installed') });
  });

  test('is taken when it works', async () => {
    const tf = await import('@tensorflow/tfjs-core');
    const directory = nativePackage('working', { binary: true, main: WORKING });
    expect(await loadNative(tf, directory)).toEqual({ state: 'ready' });
    expect(tf.getBackend()).toBe('tensorflow');
  });
});

describe('loadEngine', () => {
  const before = process.env.FEDWARD_ENGINE;
  afterEach(() => {
    if (before === undefined) delete process.env.FEDWARD_ENGINE;
    else process.env.FEDWARD_ENGINE = before;
  });

  test('refuses an unknown choice', async () => {
    process.env.FEDWARD_ENGINE = 'cuda';
    await expect(loadEngine()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('FEDWARD_ENGINE overrides the preference, and the engine is loaded once', async () => {
    process.env.FEDWARD_ENGINE = 'wasm';
    const engine = await loadEngine({ prefer: 'tfjs-node' });
    expect(engine).toMatchObject({ name: 'wasm', reason: expect.stringContaining('asked for') });
    expect(engine.tf.getBackend()).toBe('wasm');
    expect(await loadEngine({ prefer: 'auto' })).toBe(engine);
  });

  test.each(['throw new Error("boom")', 'Promise.reject(new Error("boom"))'])(
    'a crash after loading keeps its stack and exit code 1: %s',
    (crash) => {
      const engine = JSON.stringify(new URL('../../threats/engine.ts', import.meta.url).href);
      const script = `import(${engine}).then(({ loadEngine }) => loadEngine()).then((e) => {
        process.stdout.write(e.name); setTimeout(function crashSite() { ${crash} }, 0); });`;
      const child = spawnSync(process.execPath, ['--import', 'tsx', '-e', script], {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        env: { ...process.env, FEDWARD_ENGINE: 'wasm' },
        encoding: 'utf8',
      });
      expect(child.stdout).toBe('wasm');
      expect(child.stderr).toMatch(/Error: boom[\s\S]*crashSite/);
      expect(child.status).toBe(1);
    },
  );
});
