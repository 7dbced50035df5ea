/** Fetching: verified, resumed, and nothing left that is neither. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { getPublicSet } from '../../../participant/data/get.ts';
import { pinsIn } from '../../../participant/data/pins.ts';
import { dataFolder, presenceOf } from '../../../participant/data/presence.ts';
import { createProgress } from '../../../participant/data/progress.ts';
import { PUBLIC_SETS, publicSetByName } from '../../../participant/data/public-sets.ts';
import { type Origin, transfer } from '../../../participant/data/transfer.ts';
import { checkUrl } from '../../../participant/data/transfer-source.ts';
import { DATA, hasData, temporaryFolder, WITHOUT_DATA } from '../readers/sources.ts';

const folder = temporaryFolder();
let place = 0;
const content = randomBytes(300_000);
const pin = (bytes: Buffer = content) => ({
  path: 'set/file.bin',
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});
const target = () => join(folder, `${++place}`, 'file.bin');
const OPTIONS = { insecure: false, timeoutMs: 2000 };

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<Extract<Origin, { kind: 'url' }>> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { kind: 'url', url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/file.bin`) };
}

/** As good servers do it, with ranges; tells the ranges that were asked for. */
function ranged(bytes: Buffer, asked: (string | undefined)[] = []): RequestListener {
  return (request, response) => {
    const { range } = request.headers;
    asked.push(range);
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const head = { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(range === undefined ? 200 : 206, range === undefined ? {} : head);
    response.end(bytes.subarray(start));
  };
}

/** Cuts the connection when so many bytes have been kept. */
function cutAt(response: ServerResponse, path: string, bytes: number): void {
  const timer = setInterval(() => {
    if ((statSync(`${path}.part`, { throwIfNoEntry: false })?.size ?? 0) < bytes) return;
    clearInterval(timer);
    response.destroy();
  }, 5);
}

describe('transfer', () => {
  test('fetches, verifies and renames; a second time there is nothing to do', async () => {
    const path = target();
    const asked: (string | undefined)[] = [];
    const origin = await serve(ranged(content, asked));
    const seen: number[] = [];
    expect(await transfer(pin(), origin, path, { ...OPTIONS, onBytes: (n) => seen.push(n) })).toBe(
      'verified',
    );
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(existsSync(`${path}.part`)).toBe(false);
    expect(seen.at(-1)).toBe(content.length);
    expect(await transfer(pin(), origin, path, OPTIONS)).toBe('there already');
    expect(asked).toEqual([undefined]);
  });

  test('goes on where the connection was cut', async () => {
    const path = target();
    const asked: (string | undefined)[] = [];
    const good = ranged(content, asked);
    const origin = await serve((request, response) => {
      if (asked.length > 0) return good(request, response);
      asked.push(request.headers.range);
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 100_000));
      cutAt(response, path, 100_000);
    });
    expect(await transfer(pin(), origin, path, OPTIONS)).toBe('verified');
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(asked).toEqual([undefined, 'bytes=100000-']);
  });

  test('keeps what came when the connection keeps breaking, and the next run goes on', async () => {
    const path = target();
    let served = 0;
    const broken = await serve((request, response) => {
      const start = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
      response.writeHead(start === 0 ? 200 : 206, { 'content-range': `bytes ${start}-299999/300000` });
      served++;
      response.write(content.subarray(start, start + 50_000));
      cutAt(response, path, start + 50_000);
    });
    await expect(transfer(pin(), broken, path, OPTIONS)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(
        /150000 of 300000 bytes are kept in .*file\.bin\.part: run the command again/,
      ),
    });
    expect(served).toBe(3);
    expect(existsSync(path)).toBe(false);
    const asked: (string | undefined)[] = [];
    await transfer(pin(), await serve(ranged(content, asked)), path, OPTIONS);
    expect(asked).toEqual(['bytes=150000-']);
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  test('begins anew when the server cannot go on, and when the kept part is of another file', async () => {
    for (const listener of [
      ((_, response) => response.end(content)) satisfies RequestListener,
      ranged(content),
    ]) {
      const path = target();
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(`${path}.part`, randomBytes(1000));
      expect(await transfer(pin(), await serve(listener), path, OPTIONS)).toBe('verified');
      expect(readFileSync(path).equals(content)).toBe(true);
    }
  });

  test.each([
    ['another content', Buffer.from(content).fill(0, 5, 6)],
    ['more bytes than were published', Buffer.concat([content, content])],
  ])('removes %s and says so', async (_, other) => {
    const path = target();
    await expect(transfer(pin(), await serve(ranged(other)), path, OPTIONS)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringMatching(/is not the published file.*removed/),
    });
    expect(existsSync(path) || existsSync(`${path}.part`)).toBe(false);
  });

  test('a server that falls silent is left', async () => {
    const silent = await serve((_, response) => {
      response.writeHead(200);
      response.write('x');
    });
    const refused = transfer(pin(), silent, target(), { ...OPTIONS, timeoutMs: 100 });
    await expect(refused).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/was silent for 100 ms/),
    });
    // Far from the agent's own 5 s, three times.
  }, 4000);

  test('an error page is no file, and a redirect is followed', async () => {
    const missing = await serve((_, response) => response.writeHead(404).end('Not found'));
    await expect(transfer(pin(), missing, target(), OPTIONS)).rejects.toThrow('answered 404');
    const { url } = await serve(ranged(content));
    const away = await serve((_, response) => response.writeHead(302, { location: url.href }).end());
    expect(await transfer(pin(), away, target(), OPTIONS)).toBe('verified');
    const ring = await serve((request, response) => response.writeHead(302, { location: request.url }).end());
    await expect(transfer(pin(), ring, target(), OPTIONS)).rejects.toThrow('from address to address');
    const out = await serve((_, response) =>
      response.writeHead(302, { location: 'http://example.org/' }).end(),
    );
    await expect(transfer(pin(), out, target(), OPTIONS)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test.each([
    ['/proc/fedward/file.bin', /--to \/proc\/fedward\/file\.bin cannot be written/],
    [join(folder, 'plain', 'set', 'file.bin'), /what should be its folder is a file/],
    [folder, /--to .* cannot be written: it is a folder/],
  ])('a place that cannot be written says so, and never hangs: %s', async (path, why) => {
    writeFileSync(join(folder, 'plain'), '');
    const source = join(folder, 'source.bin');
    writeFileSync(source, content);
    await expect(transfer(pin(), { kind: 'path', path: source }, path, OPTIONS)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(why),
    });
  });

  test('another file in its place is not overwritten', async () => {
    const path = target();
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'mine');
    await expect(transfer(pin(), { kind: 'path', path: 'x' }, path, OPTIONS)).rejects.toThrow(
      'Move it away first',
    );
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });
});

test.each([
  ['https://example.org/a', true],
  ['http://127.0.0.1:8000/a', true],
  ['http://localhost/a', true],
  ['http://[::1]/a', true],
  ['http://example.org/a', false],
  ['http://127.0.0.1.example.org/a', false],
  ['ftp://example.org/a', false],
  ['file:///etc/passwd', false],
])('%s is allowed: %s', (address, allowed) => {
  const check = () => checkUrl(new URL(address), false);
  if (allowed) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  if (address.startsWith('http')) expect(() => checkUrl(new URL(address), true)).not.toThrow();
});

test('every set has its files pinned, and none is in two', () => {
  const names = PUBLIC_SETS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { folder: own, files } of PUBLIC_SETS) expect(files.length > 0).toBe(own !== null);
  for (const { sha256, bytes } of PUBLIC_SETS.flatMap(({ files }) => files)) {
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(bytes).toBeGreaterThan(0);
  }
  expect(() => publicSetByName('coffee')).toThrow(/Known: nsl-kdd, /);
});

describe.skipIf(!hasData)(`public sets${WITHOUT_DATA}`, () => {
  const options = (from: string, to: string) => {
    const progress = createProgress({ write: () => true }, true);
    return { ...{ from, to, insecure: false, timeoutMs: 2000 }, progress };
  };

  test('are all here as they were published, pinned as SHA256SUMS has them', async () => {
    const sums = new Map(
      readFileSync(join(DATA, 'SHA256SUMS'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => [line.slice(68), line.slice(0, 64)] as const),
    );
    sums.delete('README.md');
    const pinned = PUBLIC_SETS.flatMap(({ files }) => files).map(
      ({ path, sha256 }) => [path, sha256] as const,
    );
    expect(new Map(pinned)).toEqual(sums);
    for (const set of PUBLIC_SETS) {
      expect
        .soft((await presenceOf(set, DATA)).state, set.name)
        .toBe(set.folder === null ? 'built in' : 'here');
    }
    expect(await presenceOf(publicSetByName('zeek'), folder)).toEqual({ state: 'absent' });
    expect(dataFolder()).toMatch(/data$/);
  });

  test.each(['', 'nsl-kdd'])('come from a folder: %j', async (below) => {
    const to = join(folder, `copy${++place}`);
    const got: string[] = [];
    await getPublicSet('nsl-kdd', options(join(DATA, below), to), ({ outcome }) => got.push(outcome));
    expect(got).toEqual(pinsIn('nsl-kdd').map(() => 'verified'));
    expect(await presenceOf(publicSetByName('nsl-kdd'), to)).toMatchObject({ state: 'here' });
  });

  test('come from an address, file by file, names with a plus sign too', async () => {
    const { url } = await serve((request, response) => {
      const name = decodeURIComponent((request.url ?? '').replaceAll('+', ' '));
      ranged(readFileSync(join(DATA, name)))(request, response);
    });
    const to = join(folder, `copy${++place}`);
    const set = await getPublicSet('nsl-kdd', options(new URL('/nsl-kdd/', url).href, to), () => {});
    expect(await presenceOf(set, to)).toMatchObject({ state: 'here' });
    const one = join(folder, `copy${++place}`);
    await getPublicSet('nsl-kdd', options(new URL('/nsl-kdd/KDDTest%2B.txt.gz', url).href, one), () => {});
    expect(await presenceOf(set, one)).toMatchObject({ state: 'incomplete', missing: 3, changed: 0 });
  });

  test('a folder that lacks them says where they are published', async () => {
    const missing = getPublicSet('nsl-kdd', options(folder, join(folder, 'to')), () => {});
    await expect(missing).rejects.toThrow(
      /does not hold nsl-kdd\/KDDTest\+.txt.gz\. Fetch the set from https:\/\/www\.unb\.ca/,
    );
  });
});
