// Generates proto/generated/ from proto/fedward.proto. The options must equal LOADER_OPTIONS in proto/wire.ts;
// test/proto/generated.test.ts fails when what is committed is not what this prints.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const generator = createRequire(import.meta.url).resolve(
  '@grpc/proto-loader/build/bin/proto-loader-gen-types.js',
);
const outDir = process.argv[2] ?? `${root}proto/generated`;

execFileSync(
  process.execPath,
  [
    generator,
    ...['--longs=Number', '--enums=String', '--defaults', '--oneofs', '--keepCase=false'],
    ...['--grpcLib=@grpc/grpc-js', '--importFileExtension=.ts', `--outDir=${outDir}`, 'fedward.proto'],
  ],
  { cwd: `${root}proto`, stdio: 'inherit' },
);
