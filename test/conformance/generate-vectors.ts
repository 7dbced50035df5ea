/**
 * Writes `test/vectors/secagg/{plans,graph,session,tampered}.json` again: `npx tsx test/conformance/generate-vectors.ts`.
 *
 * Only a change of the protocol may change them, and that takes a new version in its name once members are out.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { allVectors } from './all-vectors.ts';
import { VECTORS } from './vectors.ts';

for (const [name, content] of Object.entries(await allVectors())) {
  writeFileSync(new URL(`${name}.json`, VECTORS), JSON.stringify(content, null, 2));
}
execFileSync('npx', ['biome', 'format', '--write', fileURLToPath(VECTORS)], { stdio: 'inherit' });
