/** Where a file's bytes come from: a path or an address, from some byte on. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { type ErrorCode, FedwardError } from '../../proto/errors.ts';

export interface Stream {
  /** The byte that it begins with: 0 where a server cannot go on from the middle. */
  readonly start: number;
  /** @throws TransferFault when it breaks off. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** Why bytes do not come, in a sentence. */
export class TransferFault extends Error {
  override readonly name = 'TransferFault';
  readonly code: ErrorCode;
  /** Another try may help. */
  readonly again: boolean;

  constructor(message: string, again: boolean, code: ErrorCode = 'UNREACHABLE') {
    super(message);
    this.again = again;
    this.code = code;
  }
}

export async function openFile(path: string, start: number): Promise<Stream> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) throw new TransferFault(`There is no file ${path}.`, false, 'DATA_INVALID');
  return { start, pieces: faulted(createReadStream(path, { start })) };
}

const MOST_REDIRECTS = 5;

/** @throws FedwardError `INVALID_ARGUMENT` for plain http, `TransferFault` when there is no answer that serves. */
export async function openUrl(
  url: URL,
  start: number,
  options: { readonly insecure: boolean; readonly timeoutMs: number },
): Promise<Stream> {
  let current = url;
  checkUrl(current, options.insecure);
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const response = await request(current, start, options.timeoutMs);
    const { statusCode: status = 0, headers } = response;
    if (status >= 300 && status < 400 && headers.location !== undefined) {
      response.destroy();
      const next = new URL(headers.location, current);
      if (current.protocol === 'https:' && next.protocol !== 'https:' && !options.insecure) {
        throw new TransferFault(`${shown(current)} leads to an address that is not https.`, false);
      }
      checkUrl(next, options.insecure);
      current = next;
    } else if (status === 200) {
      return { start: 0, pieces: faulted(response) };
    } else if (status === 206 && contentStart(headers['content-range']) === start) {
      return { start, pieces: faulted(response) };
    } else {
      response.destroy();
      throw new TransferFault(`${shown(current)} answered ${status}.`, status >= 500 || status === 429);
    }
  }
  throw new TransferFault(`${shown(url)} leads from address to address.`, false);
}

/**
 * @throws FedwardError `INVALID_ARGUMENT`: what is fetched is verified, but who looks on would learn what a hospital
 *   trains on, so plain http stays on this machine unless it is asked for.
 */
export function checkUrl(url: URL, insecure: boolean): void {
  if (url.protocol === 'https:') return;
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && (insecure || isLoopback)) return;
  throw new FedwardError(
    'INVALID_ARGUMENT',
    url.protocol === 'http:'
      ? `--from must be an https address, or --insecure be given for plain http; got ${shown(url)}.`
      : `--from must be an https address or a path; got one of ${url.protocol.slice(0, 20)}`,
  );
}

/** Without a user's name, password or query. */
export function shown({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

function request(url: URL, start: number, timeoutMs: number): Promise<IncomingMessage> {
  const headers = {
    // Compressed on the way it would not have the published hash.
    'accept-encoding': 'identity',
    ...(start > 0 ? { range: `bytes=${start}-` } : {}),
  };
  const get = url.protocol === 'https:' ? getHttps : getHttp;
  return new Promise((resolve, reject) => {
    let answer: IncomingMessage | null = null;
    const sent = get(url, { headers, timeout: timeoutMs }, (response) => {
      answer = response;
      resolve(response);
    });
    sent.on('timeout', () => {
      const silent = new TransferFault(`${shown(url)} was silent for ${timeoutMs} ms.`, true);
      (answer ?? sent).destroy(silent);
    });
    sent.on('error', (error) => reject(faultOf(error, `${shown(url)} cannot be reached`)));
  });
}

/** First byte of `bytes 100-199/200`. */
function contentStart(range: string | undefined): number {
  return Number(/^bytes (\d+)-/.exec(range ?? '')?.[1] ?? Number.NaN);
}

async function* faulted(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    throw faultOf(error, 'The transfer broke off');
  }
}

function faultOf(error: unknown, what: string): TransferFault {
  if (error instanceof TransferFault) return error;
  const { code, message } = error as { code?: string; message?: string };
  return new TransferFault(`${what}: ${code ?? message ?? String(error)}.`, true);
}
