/**
 * The coordinator's gRPC server: it authenticates, decodes, and translates between streams and the driver.
 * It decides nothing.
 *
 * Mutual TLS 1.3 always. The peer's certificate says which hospital it is; only hospitals on the job's roster
 * get a session, and a newer session of the same hospital replaces the older one.
 */
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerErrorResponse,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { decodeFromHospital, encodeToHospital } from '../proto/codec.ts';
import { type ErrorCode, FedwardError } from '../proto/errors.ts';
import type { FetchModelRequest__Output } from '../proto/generated/fedward/v1/FetchModelRequest.ts';
import type { FromHospital__Output } from '../proto/generated/fedward/v1/FromHospital.ts';
import type { ModelChunk } from '../proto/generated/fedward/v1/ModelChunk.ts';
import type { ToHospital as WireToHospital } from '../proto/generated/fedward/v1/ToHospital.ts';
import type { FromHospital, ToHospital } from '../proto/messages.ts';
import { SECAGG_PROTOCOL } from '../proto/plan.ts';
import type { HospitalId } from '../proto/vocabulary.ts';
import { CHUNK_BYTES, federationService, MAX_MESSAGE_BYTES, requireTls13 } from '../proto/wire.ts';
import type { Sessions } from './driver.ts';
import { peerHospital } from './peer-identity.ts';

export interface TlsFiles {
  /** PEM of the authority that issued the hospitals' certificates. */
  readonly ca: Buffer;
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
}

/** Whoever runs the job: told about sessions and messages, asked for models. */
export interface Federation {
  connected(hospital: HospitalId): void;
  disconnected(hospital: HospitalId, reason: string): void;
  received(hospital: HospitalId, message: FromHospital): void;
  model(hash: Uint8Array): Uint8Array;
}

export interface ServerOptions {
  readonly tls: TlsFiles;
  readonly roster: ReadonlySet<HospitalId>;
  readonly heartbeatMs: number;
}

/** A decoded message with the bytes that it took. */
interface Arrival {
  readonly wire: FromHospital__Output;
  readonly bytes: number;
}

type SessionCall = ServerDuplexStream<Arrival, Buffer>;

interface OpenSession {
  readonly call: SessionCall;
  /** False until the hello: nothing is sent before and nothing else is accepted. */
  greeted: boolean;
  watchdog: NodeJS.Timeout;
}

/** Heartbeats a silent session may miss before it counts as lost. */
const MISSED_HEARTBEATS = 3;
const MOST_PEERS = 4096;

export class FederationServer implements Sessions {
  readonly #server: Server;
  readonly #options: ServerOptions;
  readonly #sessions = new Map<HospitalId, OpenSession>();
  readonly #traffic = new Map<HospitalId, number>();
  /** Whom each certificate seen names: every call shows one, and reading it takes longer than most calls. */
  readonly #peers = new Map<string, HospitalId>();
  readonly #serialize: (wire: WireToHospital) => Buffer;
  /** What was sent last, with its bytes: a message for many is encoded once. */
  #last: { readonly message: ToHospital; readonly bytes: Buffer } | null = null;
  #federation: Federation | null = null;

  constructor(options: ServerOptions) {
    requireTls13();
    this.#options = options;
    this.#server = new Server({
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.keepalive_time_ms': 20_000,
      'grpc.keepalive_timeout_ms': 10_000,
    });
    const { service } = federationService();
    const { Session } = service;
    this.#serialize = Session.responseSerialize;
    // Messages cross gRPC's border as bytes, so that they are counted and broadcast without encoding them again.
    const session = {
      ...Session,
      requestDeserialize: (bytes: Buffer): Arrival => ({
        wire: Session.requestDeserialize(bytes),
        bytes: bytes.length,
      }),
      responseSerialize: (bytes: Buffer) => bytes,
    };
    this.#server.addService(
      { ...service, Session: session },
      {
        Session: (call: SessionCall) => this.#onSession(call),
        FetchModel: (call: ServerWritableStream<FetchModelRequest__Output, ModelChunk>) => {
          this.#onFetchModel(call).catch((error) => refuse(call, error));
        },
      },
    );
    new HealthImplementation({ '': 'SERVING', 'fedward.v1.Federation': 'SERVING' }).addToServer(this.#server);
  }

  /**
   * Listens and gives the port that it got.
   * @throws FedwardError `CONFIG_INVALID` when the address cannot be bound.
   */
  listen(host: string, port: number, federation: Federation): Promise<number> {
    this.#federation = federation;
    const { ca, certificate, privateKey } = this.#options.tls;
    const credentials = ServerCredentials.createSsl(
      ca,
      [{ cert_chain: certificate, private_key: privateKey }],
      true,
    );
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, credentials, (cause, bound) => {
        if (cause === null) resolve(bound);
        else {
          const advice = `Cannot listen on ${address}: choose another "listen" address or port.`;
          reject(new FedwardError('CONFIG_INVALID', advice, { cause }));
        }
      });
    });
  }

  /** Lets messages on their way arrive, for at most `graceMs`, then closes every connection. */
  async close(graceMs: number): Promise<void> {
    for (const { call, watchdog } of this.#sessions.values()) {
      clearTimeout(watchdog);
      call.end();
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#server.forceShutdown();
        resolve();
      }, graceMs);
      this.#server.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  send(hospital: HospitalId, message: ToHospital): void {
    const session = this.#sessions.get(hospital);
    if (session === undefined) return;
    if (this.#last?.message !== message) {
      this.#last = { message, bytes: this.#serialize(encodeToHospital(message)) };
    }
    const { bytes } = this.#last;
    this.#count(hospital, bytes.length);
    session.call.write(bytes);
  }

  disconnect(hospital: HospitalId, reason: string): void {
    const session = this.#sessions.get(hospital);
    if (session === undefined) return;
    this.#sessions.delete(hospital);
    clearTimeout(session.watchdog);
    refuse(session.call, new FedwardError('ROUND_ABORTED', reason));
  }

  traffic(hospital: HospitalId): number {
    return this.#traffic.get(hospital) ?? 0;
  }

  #onSession(call: SessionCall): void {
    let hospital: HospitalId;
    try {
      hospital = this.#authenticate(call);
    } catch (error) {
      refuse(call, error);
      return;
    }
    this.#replace(hospital);
    const session: OpenSession = { call, greeted: false, watchdog: setTimeout(() => {}, 0) };
    this.#sessions.set(hospital, session);
    this.#expectLife(hospital, session);
    call.on('data', (arrival: Arrival) => this.#onMessage(hospital, session, arrival));
    const gone = (reason: string) => {
      if (this.#sessions.get(hospital) !== session) return;
      this.#lose(hospital, reason);
      call.end();
    };
    // A process that was killed and one that leaves in good order look the same from here.
    call.on('end', () => gone('its connection closed'));
    call.on('cancelled', () => gone('its connection closed'));
    call.on('error', () => gone('the connection failed'));
  }

  #onMessage(hospital: HospitalId, session: OpenSession, { wire, bytes }: Arrival): void {
    if (this.#sessions.get(hospital) !== session) return;
    this.#expectLife(hospital, session);
    this.#count(hospital, bytes);
    let message: FromHospital;
    try {
      message = decodeFromHospital(wire, hospital);
      this.#checkGreeting(session, message);
    } catch (error) {
      this.#lose(hospital, error instanceof Error ? error.message : 'its message cannot be read');
      refuse(session.call, error);
      return;
    }
    if (message.type === 'hello') {
      session.greeted = true;
      this.send(hospital, { type: 'welcome', heartbeatMs: this.#options.heartbeatMs });
      this.#federation?.connected(hospital);
    } else {
      this.#federation?.received(hospital, message);
    }
  }

  #checkGreeting({ greeted }: OpenSession, message: FromHospital): void {
    if (greeted === (message.type === 'hello')) {
      throw new FedwardError(
        'PROTOCOL_VIOLATION',
        'A session begins with one hello: send it first, and once.',
      );
    }
    if (message.type === 'hello' && message.protocol !== SECAGG_PROTOCOL) {
      const advice = `This coordinator speaks ${SECAGG_PROTOCOL}, not ${JSON.stringify(message.protocol.slice(0, 40))}: install the same Fedward release on both sides.`;
      throw new FedwardError('PROTOCOL_VIOLATION', advice);
    }
  }

  async #onFetchModel(call: ServerWritableStream<FetchModelRequest__Output, ModelChunk>): Promise<void> {
    const hospital = this.#authenticate(call);
    const bytes = this.#federation?.model(call.request.hash) ?? new Uint8Array();
    for (let offset = 0; offset < bytes.length && !call.cancelled; offset += CHUNK_BYTES) {
      const data = Buffer.from(bytes.subarray(offset, offset + CHUNK_BYTES));
      this.#count(hospital, data.length);
      if (!call.write({ data })) await new Promise((resolve) => call.once('drain', resolve));
    }
    call.end();
  }

  #authenticate(call: Pick<SessionCall, 'getAuthContext'>): HospitalId {
    const hospital = this.#peer(call.getAuthContext().sslPeerCertificate?.raw);
    if (this.#options.roster.has(hospital)) return hospital;
    throw new FedwardError(
      'UNAUTHORISED',
      `"${hospital}" has a valid certificate but is not on this job's roster: ask the consortium's administrator.`,
    );
  }

  #peer(certificate: Buffer | undefined): HospitalId {
    const key = certificate?.toString('latin1') ?? '';
    const known = this.#peers.get(key);
    if (known !== undefined) return known;
    const hospital = peerHospital(certificate);
    // The consortium's authority issues few; this is against one that issues them without end.
    if (this.#peers.size >= MOST_PEERS) this.#peers.clear();
    this.#peers.set(key, hospital);
    return hospital;
  }

  /** Restarts the watchdog: a session that stays silent for several heartbeats is lost. */
  #expectLife(hospital: HospitalId, session: OpenSession): void {
    clearTimeout(session.watchdog);
    session.watchdog = setTimeout(() => {
      if (this.#sessions.get(hospital) !== session) return;
      this.#lose(hospital, 'no heartbeat came');
      refuse(session.call, new FedwardError('DEADLINE_EXCEEDED', 'No heartbeat came: connect again.'));
    }, MISSED_HEARTBEATS * this.#options.heartbeatMs);
    session.watchdog.unref();
  }

  /**
   * A hospital whose connection broke is back before the old stream is known to be dead. If that stream is
   * alive after all, a second process runs under the same certificate: it is told to stop, not to try again.
   */
  #replace(hospital: HospitalId): void {
    const older = this.#sessions.get(hospital);
    if (older === undefined) return;
    this.#lose(hospital, 'a newer session of the same hospital replaced this one');
    const advice = `A newer session of "${hospital}" replaced this one: run one process for each hospital.`;
    refuse(older.call, new FedwardError('UNAUTHORISED', advice));
  }

  #lose(hospital: HospitalId, reason: string): void {
    const session = this.#sessions.get(hospital);
    if (session === undefined) return;
    this.#sessions.delete(hospital);
    clearTimeout(session.watchdog);
    if (session.greeted) this.#federation?.disconnected(hospital, reason);
  }

  #count(hospital: HospitalId, bytes: number): void {
    this.#traffic.set(hospital, this.traffic(hospital) + bytes);
  }
}

const STATUS: Partial<Record<ErrorCode, status>> = {
  UNAUTHORISED: status.PERMISSION_DENIED,
  INVALID_ARGUMENT: status.NOT_FOUND,
  PROTOCOL_VIOLATION: status.INVALID_ARGUMENT,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  ROUND_ABORTED: status.ABORTED,
};

/** Ends a call with a status. Only the event does: grpc-js sends none for a stream that is destroyed. */
function refuse(call: Pick<SessionCall, 'emit'>, error: unknown): void {
  call.emit('error', toStatus(error));
}

/** A refusal in gRPC's terms; what is not a refusal tells the peer nothing about the inside. */
function toStatus(error: unknown): ServerErrorResponse {
  if (!(error instanceof FedwardError)) {
    return Object.assign(new Error('internal error'), { code: status.INTERNAL, details: 'internal error' });
  }
  const details = `${error.code}: ${error.message}`;
  return Object.assign(new Error(details), {
    code: STATUS[error.code] ?? status.FAILED_PRECONDITION,
    details,
  });
}
