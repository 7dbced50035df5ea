/** The gRPC service as loaded at run time, with the types generated from the same file. */
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { GrpcObject } from '@grpc/grpc-js';
import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync, type Options } from '@grpc/proto-loader';
import type { ProtoGrpcType } from './generated/fedward.ts';

/** Must equal the options in scripts/generate-proto.mjs, else the generated types describe other objects. */
const LOADER_OPTIONS: Options = { longs: Number, enums: String, defaults: true, oneofs: true };

/** Largest payload of one vector or model chunk. A multiple of four; far below gRPC's limit of 4 MiB. */
export const CHUNK_BYTES = 256 * 1024;

/** Largest message either side accepts: a list of 100 advertisements or a chunk, with room to spare. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

/** grpc-js has no option for the TLS version; this process-wide default is the only way to refuse 1.2. */
export function requireTls13(): void {
  tls.DEFAULT_MIN_VERSION = 'TLSv1.3';
}

export const PROTO_FILE = fileURLToPath(new URL('./fedward.proto', import.meta.url));

export function federationService(): ProtoGrpcType['fedward']['v1']['Federation'] {
  const definition = loadPackageDefinition(loadSync(PROTO_FILE, LOADER_OPTIONS)) as GrpcObject &
    ProtoGrpcType;
  return definition.fedward.v1.Federation;
}

/** Version string of this build, for the hello and for reports. */
export function softwareVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
      if (name === 'fedward') return `fedward/${version}`;
    } catch {
      // In the source tree package.json is one level up, in dist/ two.
    }
  }
  return 'fedward/unknown';
}
