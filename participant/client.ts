/**
 * The hospital's gRPC client: one session stream, kept open with backoff, and the models that plans name.
 * It translates; what to answer is the session machine's to decide, and what to do about it the runtime's.
 */
import { createHash, randomInt } from 'node:crypto';
import { type ClientDuplexStream, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { splitVector } from '../proto/chunks.ts';
import { decodeToHospital, encodeFromHospital } from '../proto/codec.ts';
import { FedwardError } from '../proto/errors.ts';
import type { FederationClient } from '../proto/generated/fedward/v1/Federation.ts';
import type { FromHospital as WireFromHospital } from '../proto/generated/fedward/v1/FromHospital.ts';
import type { ModelChunk__Output } from '../proto/generated/fedward/v1/ModelChunk.ts';
import type { ToHospital__Output } from '../proto/generated/fedward/v1/ToHospital.ts';
import type { FromHospital, ToHospital } from '../proto/messages.ts';
import { type RoundPlan, SECAGG_PROTOCOL } from '../proto/plan.ts';
import type { AttemptId } from '../proto/vocabulary.ts';
import { federationService, MAX_MESSAGE_BYTES, requireTls13, softwareVersion } from '../proto/wire.ts';
import { weightsFromBytes } from '../threats/weights.ts';

export interface ClientOptions {
  /** host:port. */
  readonly address: string;
  /** PEM. */
  readonly tls: { readonly ca: Buffer; readonly certificate: Buffer; readonly privateKey: Buffer };
  /** Longest time without any connection before giving up, milliseconds. */
  readonly giveUpMs: number;
}

export interface ClientHandlers {
  received(message: ToHospital): void;
  /** The stream is gone; the client is already trying again. */
  lost(reason: string): void;
}

type Stream = ClientDuplexStream<WireFromHospital, ToHospital__Output>;

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 10_000;

/** Statuses after which trying again cannot help, and what they mean here. */
const FINAL = {
  [status.PERMISSION_DENIED]: 'UNAUTHORISED',
  [status.UNAUTHENTICATED]: 'UNAUTHORISED',
  [status.INVALID_ARGUMENT]: 'PROTOCOL_VIOLATION',
} as const;

export class CoordinatorClient {
  readonly #options: ClientOptions;
  readonly #handlers: ClientHandlers;
  readonly #client: FederationClient;
  #stream: Stream | null = null;
  #heartbeat: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  /** Runs while there is no session; only a welcome ends it. */
  #patience: NodeJS.Timeout | undefined;
  #lastLoss = 'it does not answer';
  #closed = false;
  /** Models that came with their plans. */
  readonly #enclosed = new WeakMap<RoundPlan, Uint8Array>();
  #reject: (error: unknown) => void = () => {};

  /** Never resolves; rejects with the reason when no session can be had any more. */
  readonly failed: Promise<never>;

  constructor(options: ClientOptions, handlers: ClientHandlers) {
    requireTls13();
    this.#options = options;
    this.#handlers = handlers;
    const { ca, certificate, privateKey } = options.tls;
    this.#client = new (federationService())(
      options.address,
      credentials.createSsl(ca, privateKey, certificate),
      {
        'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
        'grpc.keepalive_time_ms': 20_000,
        'grpc.keepalive_timeout_ms': 10_000,
        'grpc.enable_channelz': 0,
        'grpc.initial_reconnect_backoff_ms': FIRST_RETRY_MS,
        'grpc.max_reconnect_backoff_ms': LONGEST_RETRY_MS,
      },
    );
    this.failed = new Promise((_, reject) => {
      this.#reject = reject;
    });
    // Whoever awaits it gets the rejection; a client that is closed first must not crash the process.
    this.failed.catch(() => {});
  }

  connect(): void {
    if (this.#closed) return;
    // Not a check after each failed attempt: one that is neither answered nor refused must end as well.
    this.#patience ??= setTimeout(() => this.#giveUp(this.#unreachable()), this.#options.giveUpMs);
    const stream = this.#client.session();
    this.#stream = stream;
    stream.on('data', (wire: ToHospital__Output) => this.#onData(stream, wire));
    stream.on('error', (error: ServiceError) => this.#onGone(stream, error));
    stream.on('end', () => this.#onGone(stream, null));
    this.#write({ type: 'hello', protocol: SECAGG_PROTOCOL, software: softwareVersion() });
  }

  send(message: FromHospital): void {
    this.#write(message);
  }

  /** Streams a masked vector in chunks, waiting whenever the transport is full. */
  async sendVector(attempt: AttemptId, vector: Int32Array): Promise<void> {
    const stream = this.#stream;
    for (const chunk of splitVector(vector)) {
      if (stream === null || stream !== this.#stream) return;
      const wire = encodeFromHospital({ type: 'stage', attempt, body: { stage: 'R2', chunk } });
      if (!stream.write(wire)) await writable(stream);
    }
  }

  /**
   * The weights that a plan of this session names: those that came with it, else those that the coordinator delivers.
   * @throws FedwardError `PROTOCOL_VIOLATION` when what comes has another size or hash than the plan says.
   */
  async fetchModel(plan: RoundPlan): Promise<Float32Array> {
    const { hash, dimension } = plan.model;
    const bytes = this.#enclosed.get(plan) ?? (await this.#download(plan));
    const actual = createHash('sha256').update(bytes).digest();
    if (bytes.length !== dimension * 4 || !actual.equals(hash)) throw wrongModel();
    return weightsFromBytes(bytes, dimension);
  }

  async #download({ model: { hash, dimension }, deadlines }: RoundPlan): Promise<Uint8Array> {
    const bytes = Buffer.alloc(dimension * 4);
    let filled = 0;
    const call = this.#client.fetchModel({ hash }, { deadline: Date.now() + deadlines.trainMs });
    for await (const { data } of call as AsyncIterable<ModelChunk__Output>) {
      if (filled + data.length > bytes.length) throw wrongModel();
      bytes.set(data, filled);
      filled += data.length;
    }
    return bytes.subarray(0, filled);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#retry);
    clearTimeout(this.#patience);
    this.#stream?.end();
    this.#client.close();
  }

  #write(message: FromHospital): void {
    this.#stream?.write(encodeFromHospital(message));
  }

  #onData(stream: Stream, wire: ToHospital__Output): void {
    if (stream !== this.#stream) return;
    let message: ToHospital;
    try {
      message = decodeToHospital(wire);
    } catch (error) {
      if (!(error instanceof FedwardError)) throw error;
      this.#giveUp(error);
      return;
    }
    if (message.type === 'welcome') {
      this.#failures = 0;
      clearTimeout(this.#patience);
      this.#patience = undefined;
      clearInterval(this.#heartbeat);
      this.#heartbeat = setInterval(() => this.#write({ type: 'heartbeat' }), message.heartbeatMs);
    }
    if (message.type === 'plan' && message.weights !== undefined) {
      this.#enclosed.set(message.plan, message.weights);
    }
    this.#handlers.received(message);
  }

  #onGone(stream: Stream, error: ServiceError | null): void {
    if (stream !== this.#stream) return;
    this.#stream = null;
    clearInterval(this.#heartbeat);
    if (this.#closed) return;
    const reason = error?.details || error?.message || 'the coordinator closed the session';
    this.#lastLoss = reason;
    this.#handlers.lost(reason);
    const final = error === null ? undefined : FINAL[error.code as keyof typeof FINAL];
    if (final !== undefined) {
      this.#giveUp(
        new FedwardError(
          final,
          `The coordinator at ${this.#options.address} refuses this hospital: ${reason}`,
        ),
      );
      return;
    }
    // Full jitter, so that hospitals do not come back all at once after an outage.
    const ceiling = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#retry = setTimeout(() => this.connect(), randomInt(ceiling / 2, ceiling + 1));
  }

  #unreachable(): FedwardError {
    const { address, giveUpMs } = this.#options;
    return new FedwardError(
      'UNREACHABLE',
      `No session with the coordinator at ${address} for ${giveUpMs / 1000} s (${this.#lastLoss}): check its address, that it runs, and the certificates.`,
    );
  }

  #giveUp(error: FedwardError): void {
    // A stream that nobody answers would keep the process alive.
    this.#stream?.cancel();
    this.close();
    this.#reject(error);
  }
}

/** Settles when the stream takes more, or is gone. */
function writable(stream: Stream): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ['drain', 'close', 'error']) stream.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) stream.once(event, done);
  });
}

function wrongModel(): FedwardError {
  return new FedwardError(
    'PROTOCOL_VIOLATION',
    'The model that the coordinator sent is not the one that its plan names by size and hash: this round is refused.',
  );
}
