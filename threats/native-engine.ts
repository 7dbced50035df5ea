/**
 * Looks for a working `@tensorflow/tfjs-node`. npm leaves the package without its binary where the
 * download failed, and a truncated or foreign binary does not throw on loading, it kills the process:
 * so the first load happens in a child process, which also trains one step.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type * as Core from '@tensorflow/tfjs-core';

export type NativeEngine =
  | { readonly state: 'ready' }
  /** `reason` completes the sentence "… because <reason>". */
  | { readonly state: 'unusable'; readonly reason: string };

const NATIVE_PACKAGE = '@tensorflow/tfjs-node';
const TRIAL_TIMEOUT_MS = 30_000;

const TRIAL = `
const tf = require(process.argv[1]);
const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, activation: 'sigmoid', inputShape: [2] })] });
model.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy' });
model.trainOnBatch(tf.ones([4, 2]), tf.ones([4, 1])).then((loss) => {
  if (!Number.isFinite(loss)) throw new Error('a trial step of training gave no number');
});`;

/** Directory of the installed package, or null. */
export function nativePackageDirectory(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${NATIVE_PACKAGE}/package.json`));
  } catch {
    return null;
  }
}

/**
 * Loads the native engine into this process and makes it the backend of `core`. Never throws.
 * @param core the instance of tfjs-core that the layers package talks to; the native one must share it.
 */
export async function loadNative(core: typeof Core, directory: string | null): Promise<NativeEngine> {
  if (directory === null) return unusable(`${NATIVE_PACKAGE} is not installed`);
  if (!hasBinary(directory)) return unusable(`${NATIVE_PACKAGE} is installed without its binary`);
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  try {
    await promisify(execFile)(process.execPath, ['-e', TRIAL, directory], { timeout: TRIAL_TIMEOUT_MS });
  } catch (error) {
    return unusable(`${NATIVE_PACKAGE} failed its trial in a child process (${trialFailure(error)})`);
  }
  try {
    const native: { Tensor?: unknown } = createRequire(import.meta.url)(directory);
    if (native.Tensor !== core.Tensor) {
      return unusable(`${NATIVE_PACKAGE} brings another copy of tfjs-core; install equal versions`);
    }
    if (!(await core.setBackend('tensorflow'))) return unusable(`${NATIVE_PACKAGE} did not start`);
    return { state: 'ready' };
  } catch (error) {
    return unusable(`${NATIVE_PACKAGE} could not be loaded (${firstLine(String(error))})`);
  }
}

function unusable(reason: string): NativeEngine {
  return { state: 'unusable', reason };
}

function hasBinary(directory: string): boolean {
  const lib = join(directory, 'lib');
  if (!existsSync(lib)) return false;
  return readdirSync(lib).some((abi) => existsSync(join(lib, abi, 'tfjs_binding.node')));
}

function trialFailure(error: unknown): string {
  const { signal, killed, stderr } = error as { signal?: string | null; killed?: boolean; stderr?: string };
  if (killed === true) return `no answer within ${TRIAL_TIMEOUT_MS / 1000} s`;
  if (typeof signal === 'string') return `it was ended by ${signal}`;
  return firstLine(stderr?.split('\n').find((line) => /^\w*Error\b/.test(line)) ?? String(error));
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').trim().slice(0, 200);
}
