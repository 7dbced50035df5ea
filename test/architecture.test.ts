/** The plan of the house, enforced (DESIGN §3). Each rule is seen to fail on a module that breaks it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Module, readModule } from './architecture/modules.ts';
import {
  MOST_LINES,
  noBarrel,
  noDefaultExport,
  noMathRandom,
  noSeededGenerator,
  purity,
  type Rule,
  rooms,
  size,
  tensors,
} from './architecture/rules.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROOMS = ['proto', 'secagg', 'dp', 'threats', 'participant', 'coordinator', 'benchmarks', 'test'];

/** Every module that people write. */
function house(): Module[] {
  const files = ROOMS.flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return [...files, join(ROOT, 'fedward.ts')]
    .map((file) => [relative(ROOT, file).split(sep).join('/'), file] as const)
    .filter(([path]) => !path.startsWith('proto/generated/'))
    .map(([path, file]) => readModule(path, readFileSync(file, 'utf8')));
}

const modules = house();

it('the house is all there', () => {
  const paths = modules.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining([
      'fedward.ts',
      'dp/ledger.ts',
      'participant/session.ts',
      'test/architecture.test.ts',
    ]),
  );
  for (const room of ROOMS)
    expect(paths.filter((path) => path.startsWith(`${room}/`)).length).toBeGreaterThan(3);
});

type Sample = readonly [path: string, text: string, violation: string];
type Allowed = readonly [path: string, text: string];

describe.each<[string, Rule, readonly Sample[], readonly Allowed[]]>([
  [
    'a room imports the ground floor and itself, and only benchmarks and test import anything',
    rooms,
    [
      ['proto/x.ts', "import { a } from '../participant/a.ts';", 'proto/ may not import participant/a.ts'],
      ['secagg/x.ts', "import { a } from '../coordinator/a.ts';", 'secagg/ may not import coordinator/a.ts'],
      [
        'dp/deep/x.ts',
        "import type { a } from '../../participant/a.ts';",
        'dp/ may not import participant/a.ts',
      ],
      ['threats/x.ts', "export { a } from '../benchmarks/a.ts';", 'threats/ may not import benchmarks/a.ts'],
      [
        'participant/x.ts',
        "import { a } from '../coordinator/a.ts';",
        'participant/ may not import coordinator/a.ts',
      ],
      [
        'coordinator/x.ts',
        "await import('../participant/a.ts');",
        'coordinator/ may not import participant/a.ts',
      ],
      ['coordinator/x.ts', "import '../test/a.ts';", 'coordinator/ may not import test/a.ts'],
      ['dp/x.ts', "import { a } from '../fedward.ts';", 'dp/ may not import fedward.ts'],
    ],
    [
      ['participant/x.ts', "import { a } from '../dp/a.ts'; import { b } from './b.ts';"],
      ['secagg/x.ts', "import { a } from '../proto/a.ts';"],
      [
        'benchmarks/x.ts',
        "import { a } from '../participant/a.ts'; import { b } from '../coordinator/b.ts';",
      ],
      ['dp/x.ts', "// import { a } from '../participant/a.ts';"],
    ],
  ],
  [
    'TensorFlow.js runs in threats, the trainer, the evaluation and the baselines only',
    tensors,
    [
      [
        'dp/x.ts',
        "import * as tf from '@tensorflow/tfjs-core';",
        'imports @tensorflow/tfjs-core at run time',
      ],
      [
        'participant/x.ts',
        "await import('@tensorflow/tfjs-layers');",
        'imports @tensorflow/tfjs-layers at run time',
      ],
      ['coordinator/x.ts', "import '@tensorflow/tfjs-core';", 'imports @tensorflow/tfjs-core at run time'],
      // What is left of it at run time still loads the library.
      [
        'dp/x.ts',
        "import { type T } from '@tensorflow/tfjs-core';",
        'imports @tensorflow/tfjs-core at run time',
      ],
    ],
    [
      ['threats/engine.ts', "await import('@tensorflow/tfjs-core');"],
      ['participant/trainer.ts', "import * as tf from '@tensorflow/tfjs-core';"],
      ['benchmarks/baselines.ts', "import * as tf from '@tensorflow/tfjs-core';"],
      ['dp/x.ts', "import type { Tensor } from '@tensorflow/tfjs-core';"],
    ],
  ],
  [
    'protocol, privacy, machines and strategies are pure: clock, entropy, log and I/O come in as arguments',
    purity,
    [
      ['secagg/x.ts', "import { readFileSync } from 'node:fs';", 'imports node:fs'],
      ['secagg/x.ts', "import { connect } from 'node:net';", 'imports node:net'],
      ['dp/x.ts', "import { request } from 'node:http';", 'imports node:http'],
      ['dp/x.ts', "await import('node:timers/promises');", 'imports node:timers/promises'],
      ['secagg/x.ts', "import { randomBytes } from 'node:crypto';", 'takes randomBytes from node:crypto'],
      [
        'secagg/x.ts',
        "import { generateKeyPairSync as g } from 'node:crypto';",
        'takes generateKeyPairSync from node:crypto',
      ],
      ['secagg/x.ts', "import * as crypto from 'node:crypto';", 'takes * from node:crypto'],
      ['dp/x.ts', "import { createHmac } from 'node:crypto';", 'takes createHmac from node:crypto'],
      ['dp/x.ts', "import { hostname } from 'node:os';", 'takes hostname from node:os'],
      ['coordinator/round/x.ts', 'const now = Date.now();', 'uses Date'],
      ['coordinator/round/x.ts', 'const now = new Date();', 'uses Date'],
      ['coordinator/strategies/x.ts', 'const now = performance.now();', 'uses performance'],
      ['participant/session.ts', 'setTimeout(() => {}, 1);', 'uses setTimeout'],
      ['participant/session.ts', 'const clock = { setInterval };', 'uses setInterval'],
      ['dp/x.ts', 'const noise = Math.random();', 'uses Math.random'],
      ['dp/x.ts', 'const { env } = process;', 'uses process'],
      ['secagg/x.ts', 'const key = crypto.getRandomValues(new Uint8Array(32));', 'uses crypto'],
    ],
    [
      ['dp/sampling/entropy.ts', "import { randomFillSync } from 'node:crypto';"],
      ['dp/x.ts', "import { createHash } from 'node:crypto'; import { z } from 'zod';"],
      ['secagg/x.ts', "import { createHash, hkdfSync } from 'node:crypto';"],
      ['secagg/x.ts', "import { endianness } from 'node:os'; import { inspect } from 'node:util';"],
      ['secagg/x.ts', "import type { Server } from 'node:net'; type D = Date;"],
      ['coordinator/round/x.ts', 'clock.setTimeout(1); const options = { process: 1 }; // Date.now()'],
      ['coordinator/driver.ts', 'setTimeout(() => Date.now(), 1);'],
    ],
  ],
  [
    'Math.random is nowhere in production',
    noMathRandom,
    [
      ['participant/x.ts', 'const a = Math.random();', 'uses Math.random'],
      ['fedward.ts', 'const draw = Math.random;', 'uses Math.random'],
    ],
    [
      ['participant/x.ts', '/* Math.random() */ const a = "Math.random()";'],
      ['benchmarks/x.ts', 'Math.random();'],
    ],
  ],
  [
    'no seeded generator works in production',
    noSeededGenerator,
    [
      [
        'participant/x.ts',
        "import { uniform } from '../threats/initial-weights.ts';",
        'imports threats/initial-weights.ts',
      ],
      ['dp/x.ts', "import rng from 'seedrandom';", 'imports seedrandom'],
      ['dp/x.ts', 'const next = splitMix64(seed);', 'uses splitMix64'],
      ['dp/x.ts', 'state = (state + 0x6d2b79f5) | 0;', 'has the constant 1831565813'],
      ['secagg/x.ts', 'state += 0x9e3779b97f4a7c15n;', 'has the constant 11400714819323198485'],
    ],
    [
      ['threats/initial-weights.ts', 'const uniform = splitMix64(seed);'],
      ['coordinator/coordinator.ts', "import { initialWeights } from '../threats/initial-weights.ts';"],
      ['benchmarks/x.ts', "import { seededUniform } from './seeded.ts';"],
    ],
  ],
  [
    `no file has more than ${MOST_LINES} lines`,
    size,
    [['dp/x.ts', '\n'.repeat(401), 'has 401 lines and may have 400']],
    [['dp/x.ts', '\n'.repeat(400)]],
  ],
  [
    'no file is a barrel',
    noBarrel,
    [
      [
        'dp/index.ts',
        "export { a } from './a.ts';\nexport * from './b.ts';",
        'only re-exports other modules',
      ],
      [
        'dp/index.ts',
        "import { z } from 'zod';\nexport type { A } from './a.ts';",
        'only re-exports other modules',
      ],
    ],
    [
      ['dp/x.ts', "export { a } from './a.ts';\nexport const b = 1;"],
      ['dp/x.ts', "import './a.ts';"],
    ],
  ],
  [
    'every export has a name',
    noDefaultExport,
    [
      ['dp/x.ts', 'export default 3;', 'has a default export'],
      ['dp/x.ts', 'export default function f() {}', 'has a default export'],
      ['dp/x.ts', 'const a = 1;\nexport { a as default };', 'has a default export'],
    ],
    [['dp/x.ts', "import nacl from 'tweetnacl';\nexport const a = nacl;"]],
  ],
])('%s', (_, rule, violations, allowed) => {
  it('holds in the whole house', () => {
    const found = modules.flatMap((module) => rule(module).map((what) => `${module.path} ${what}`));
    expect(found).toEqual([]);
  });

  it.each(violations)('is broken by %s: %s', (path, text, violation) => {
    expect(rule(readModule(path, text))).toEqual([violation]);
  });

  it.each(allowed)('is kept by %s: %s', (path, text) => {
    expect(rule(readModule(path, text))).toEqual([]);
  });
});
