/** The rules of the house (DESIGN §3): each gives what is wrong with one module, in words. */
import { posix } from 'node:path';
import type { Import, Module } from './modules.ts';

export type Rule = (module: Module) => string[];

const GROUND = ['proto', 'secagg', 'dp', 'threats'];
const PRODUCTION = [...GROUND, 'participant', 'coordinator'];

/** Rooms that a room may import besides itself; the others may import anything. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(GROUND.map((room) => [room, GROUND])),
  participant: GROUND,
  coordinator: GROUND,
};

const PURE = [
  /^secagg\//,
  /^dp\/(?!sampling\/entropy\.ts$)/,
  /^coordinator\/(round|strategies)\//,
  /^participant\/session\.ts$/,
];
/**
 * All that a pure module may take from outside the house: nothing of it does I/O, tells the time or draws
 * entropy, which has to come in as an argument.
 */
const PURE_IMPORTS: Readonly<Record<string, RegExp>> = {
  'node:crypto': /^(?!random|generate|getRandomValues|webcrypto|default|\*)/,
  'node:os': /^endianness$/,
  // A warning to the developer is no channel for data: dp/diffprivlib-ts/errors.ts, unless somebody subscribes.
  'node:process': /^emitWarning$/,
  'node:util': /^inspect$/,
  tweetnacl: /^default$/,
  zod: /^z$/,
};
const DP_CRYPTO = /^createHash$/;
const IMPURE_GLOBALS = [
  ...['Date', 'performance', 'process', 'console', 'fetch', 'crypto', 'globalThis'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'Math.random'],
];

const MAY_USE_TENSORS = [
  /^threats\//,
  /^participant\/trainer\.ts$/,
  /^coordinator\/evaluation\.ts$/,
  /^benchmarks\/baselines[^/]*\.ts$/,
];

/** Its generator makes public initial weights, the same on every machine, and nothing else. */
const SEEDED_EXCEPTION = 'threats/initial-weights.ts';
const MAY_IMPORT_EXCEPTION = 'coordinator/coordinator.ts';
const GENERATOR_PACKAGES =
  /^(seedrandom|random-seed|random-js|pure-rand|chance|prando|mersenne-twister|alea|@faker-js\/.*)$/;
const GENERATOR_NAMES = /splitmix|mulberry|xorshift|xoshiro|xoroshiro|mersenne|pcg32|sfc32|seeded|lehmer/i;
/** Golden-ratio increments and multipliers of the usual generators. */
const GENERATOR_NUMBERS = [
  0x9e3779b97f4a7c15n,
  0x9e3779b9n,
  0x6d2b79f5n,
  0xbf58476d1ce4e5b9n,
  1664525n,
  6364136223846793005n,
];

export const MOST_LINES = 400;

function roomOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : path;
}

function target({ path }: Module, { from }: Import): string | null {
  return from.startsWith('.') ? posix.join(posix.dirname(path), from) : null;
}

function isAny(path: string, patterns: readonly RegExp[]): boolean {
  return patterns.some((pattern) => pattern.test(path));
}

export const rooms: Rule = (module) => {
  const room = roomOf(module.path);
  const allowed = MAY_IMPORT[room];
  if (allowed === undefined) return [];
  return module.imports.flatMap((one) => {
    const to = target(module, one);
    if (to === null || roomOf(to) === room || allowed.includes(roomOf(to))) return [];
    return [`${room}/ may not import ${to}`];
  });
};

export const tensors: Rule = (module) => {
  if (roomOf(module.path) === 'test' || isAny(module.path, MAY_USE_TENSORS)) return [];
  return module.imports
    .filter(({ from, typeOnly }) => from.startsWith('@tensorflow/') && !typeOnly)
    .map(({ from }) => `imports ${from} at run time`);
};

export const purity: Rule = (module) => {
  const { path, imports, uses } = module;
  if (!isAny(path, PURE)) return [];
  const outside = imports.filter((one) => target(module, one) === null && !one.typeOnly);
  return [
    ...outside.flatMap(({ from, names }) => {
      const allowed = from === 'node:crypto' && path.startsWith('dp/') ? DP_CRYPTO : PURE_IMPORTS[from];
      if (allowed === undefined) return [`imports ${from}`];
      return names.filter((name) => !allowed.test(name)).map((name) => `takes ${name} from ${from}`);
    }),
    ...IMPURE_GLOBALS.filter((name) => uses.has(name)).map((name) => `uses ${name}`),
  ];
};

export const noMathRandom: Rule = ({ path, uses }) =>
  [...PRODUCTION, 'fedward.ts'].includes(roomOf(path)) && uses.has('Math.random') ? ['uses Math.random'] : [];

export const noSeededGenerator: Rule = (module) => {
  const { path, imports, uses, numbers } = module;
  if (!PRODUCTION.includes(roomOf(path)) || path === SEEDED_EXCEPTION) return [];
  const literals = new Set([...numbers].map(integer));
  return [
    ...imports.filter(({ from }) => GENERATOR_PACKAGES.test(from)).map(({ from }) => `imports ${from}`),
    ...imports
      .filter((one) => target(module, one) === SEEDED_EXCEPTION && path !== MAY_IMPORT_EXCEPTION)
      .map(() => `imports ${SEEDED_EXCEPTION}`),
    ...[...uses].filter((name) => GENERATOR_NAMES.test(name)).map((name) => `uses ${name}`),
    ...GENERATOR_NUMBERS.filter((one) => literals.has(one)).map((one) => `has the constant ${one}`),
  ];
};

export const size: Rule = ({ lines }) =>
  lines > MOST_LINES ? [`has ${lines} lines and may have ${MOST_LINES}`] : [];

export const noBarrel: Rule = ({ barrel }) => (barrel ? ['only re-exports other modules'] : []);

export const noDefaultExport: Rule = ({ defaultExport }) => (defaultExport ? ['has a default export'] : []);

function integer(literal: string): bigint | null {
  const value = Number(literal);
  if (/^(0x[\da-f]+|\d+)$/i.test(literal)) return BigInt(literal);
  return Number.isInteger(value) ? BigInt(value) : null;
}
