/**
 * The one place that chooses a TensorFlow.js backend: native where `@tensorflow/tfjs-node` works, else
 * WebAssembly, and it says which and why. Everything is imported when first asked for, since it costs a
 * quarter of a second and 90 MB that most commands do not need.
 */
import type * as Core from '@tensorflow/tfjs-core';
import type * as Layers from '@tensorflow/tfjs-layers';
import { FedwardError } from '../proto/errors.ts';
import { loadNative, nativePackageDirectory } from './native-engine.ts';

export type EngineName = 'tfjs-node' | 'wasm';
export type EngineChoice = EngineName | 'auto';

export interface Engine {
  readonly name: EngineName;
  /** One sentence for the user: which engine, and why this one. */
  readonly reason: string;
  readonly tf: typeof Core;
  /** The layers API, bound to the same `tf`. */
  readonly layers: typeof Layers;
}

export interface EngineOptions {
  /** @default 'auto': native if it works. The environment variable `FEDWARD_ENGINE` overrides it. */
  readonly prefer?: EngineChoice;
}

let loaded: Promise<Engine> | undefined;

/**
 * The process's engine. TensorFlow.js has one global backend, so the first call decides and later calls
 * get the same engine, whatever they prefer. A native engine that does not work is never an error.
 * @throws FedwardError `CONFIG_INVALID` when `FEDWARD_ENGINE` is not a known choice.
 */
export async function loadEngine(options: EngineOptions = {}): Promise<Engine> {
  const choice = engineChoice(process.env.FEDWARD_ENGINE) ?? options.prefer ?? 'auto';
  loaded ??= load(choice);
  return loaded;
}

function engineChoice(value: string | undefined): EngineChoice | undefined {
  if (value === undefined || value === '') return undefined;
  if (value === 'auto' || value === 'wasm' || value === 'tfjs-node') return value;
  throw new FedwardError(
    'CONFIG_INVALID',
    `FEDWARD_ENGINE must be "auto", "wasm" or "tfjs-node"; got ${JSON.stringify(value.slice(0, 40))}.`,
  );
}

async function load(choice: EngineChoice): Promise<Engine> {
  const [tf, layers] = await Promise.all([
    import('@tensorflow/tfjs-core'),
    import('@tensorflow/tfjs-layers'),
  ]);
  if (choice === 'wasm') {
    await startWasm(tf);
    return { name: 'wasm', reason: 'The WebAssembly engine was asked for.', tf, layers };
  }
  const native = await loadNative(tf, nativePackageDirectory());
  if (native.state === 'ready') {
    const reason = 'The native engine is used: @tensorflow/tfjs-node is installed and works.';
    return { name: 'tfjs-node', reason, tf, layers };
  }
  await startWasm(tf);
  return { name: 'wasm', reason: `The WebAssembly engine is used because ${native.reason}.`, tf, layers };
}

const CRASH_EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Emscripten's start-up code listens for crashes and turns every one of them, ours included, into exit
 * code 7 without a stack; its listeners are removed again.
 */
async function startWasm(tf: typeof Core): Promise<void> {
  const before = CRASH_EVENTS.map((event) => process.rawListeners(event));
  try {
    await import('@tensorflow/tfjs-backend-wasm');
    if (!(await tf.setBackend('wasm'))) {
      throw new FedwardError('UNEXPECTED', 'The WebAssembly engine of TensorFlow.js did not start.');
    }
  } finally {
    CRASH_EVENTS.forEach((event, i) => {
      for (const listener of process.rawListeners(event)) {
        if (!before[i]?.includes(listener)) {
          process.removeListener(event, listener as (...args: unknown[]) => void);
        }
      }
    });
  }
}
