/** A coordinator's server and hospitals' clients over real gRPC and mutual TLS on this machine. */
import { type ClientDuplexStream, credentials, type StatusObject } from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import { FederationServer, type TlsFiles } from '../../coordinator/server.ts';
import { CoordinatorClient } from '../../participant/client.ts';
import { FedwardError } from '../../proto/errors.ts';
import type { FederationClient } from '../../proto/generated/fedward/v1/Federation.ts';
import type { FromHospital as WireFromHospital } from '../../proto/generated/fedward/v1/FromHospital.ts';
import type { ToHospital__Output } from '../../proto/generated/fedward/v1/ToHospital.ts';
import type { FromHospital, ToHospital } from '../../proto/messages.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';
import { federationService } from '../../proto/wire.ts';
import { Events } from './tls.ts';

export type Seen =
  | { readonly type: 'connected'; readonly hospital: HospitalId }
  | { readonly type: 'disconnected'; readonly hospital: HospitalId; readonly reason: string }
  | { readonly type: 'received'; readonly hospital: HospitalId; readonly message: FromHospital };

/** A server whose federation only writes down what it is told. */
export interface Loopback {
  readonly server: FederationServer;
  readonly seen: Events<Seen>;
  /** What `FetchModel` delivers, by the hash that is asked for, in hex. */
  readonly models: Map<string, Uint8Array>;
  readonly port: number;
  readonly address: string;
}

export async function serve(
  tls: TlsFiles,
  roster: readonly HospitalId[],
  { heartbeatMs = 30_000, port = 0 } = {},
): Promise<Loopback> {
  const server = new FederationServer({ tls, roster: new Set(roster), heartbeatMs });
  const seen = new Events<Seen>();
  const models = new Map<string, Uint8Array>();
  onTestFinished(() => server.close(0));
  const bound = await server.listen('127.0.0.1', port, {
    connected: (hospital) => seen.push({ type: 'connected', hospital }),
    disconnected: (hospital, reason) => seen.push({ type: 'disconnected', hospital, reason }),
    received: (hospital, message) => seen.push({ type: 'received', hospital, message }),
    model(hash) {
      const bytes = models.get(Buffer.from(hash).toString('hex'));
      if (bytes === undefined) throw new FedwardError('INVALID_ARGUMENT', 'No such model.');
      return bytes;
    },
  });
  return { server, seen, models, port: bound, address: `127.0.0.1:${bound}` };
}

/** What a client hears: messages, and the reasons why sessions were lost. */
export type Heard = ToHospital | { readonly type: 'lost'; readonly reason: string };

export interface Connected {
  readonly client: CoordinatorClient;
  readonly heard: Events<Heard>;
}

export function connect(tls: TlsFiles, address: string, giveUpMs = 60_000): Connected {
  const heard = new Events<Heard>();
  const client = new CoordinatorClient(
    { address, tls, giveUpMs },
    {
      received: (message) => heard.push(message),
      lost: (reason) => heard.push({ type: 'lost', reason }),
    },
  );
  onTestFinished(() => client.close());
  client.connect();
  return { client, heard };
}

/** Why a client gave up. */
export function givenUp({ client }: Connected): Promise<FedwardError> {
  return client.failed.catch((error: unknown) => {
    if (error instanceof FedwardError) return error;
    throw error;
  });
}

/** A client that says whatever it is told to say. */
export function rawClient(tls: Partial<TlsFiles>, address: string): FederationClient {
  const { ca, privateKey = null, certificate = null } = tls;
  const client = new (federationService())(
    address,
    credentials.createSsl(ca ?? null, privateKey, certificate),
  );
  onTestFinished(() => client.close());
  return client;
}

export interface RawSession {
  readonly stream: ClientDuplexStream<WireFromHospital, ToHospital__Output>;
  /** How the call ends. */
  readonly ended: Promise<StatusObject>;
}

export function rawSession(tls: Partial<TlsFiles>, address: string): RawSession {
  const stream = rawClient(tls, address).session();
  const ended = new Promise<StatusObject>((resolve) => stream.on('status', resolve));
  stream.on('error', () => {});
  stream.on('data', () => {});
  return { stream, ended };
}
