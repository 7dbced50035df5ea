/** The hospital's client over real gRPC: what it refuses, how long it tries, and that it ends. */
import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { status } from '@grpc/grpc-js';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { TlsFiles } from '../../coordinator/server.ts';
import { hospitalId } from '../../proto/vocabulary.ts';
import { weightsHash, weightsToBytes } from '../../threats/weights.ts';
import { connect, givenUp, type Loopback, serve } from '../coordinator/loopback.ts';
import { TestPki } from '../coordinator/tls.ts';
import { attempt, TO_HOSPITAL } from '../proto/messages.ts';
import { testPlan } from '../secagg/support.ts';

const north = hospitalId('north');
let server: TlsFiles;
let foreign: TlsFiles;
let files: TlsFiles;
beforeAll(async () => {
  const [pki, other] = [await TestPki.create(), await TestPki.create()];
  [server, foreign, files] = [await pki.server(), await other.server(), await pki.hospital(north)];
});

const listen = (port = 0): Promise<Loopback> => serve(server, [north], { port });

describe('a model', () => {
  // Two whole chunks: what is too long comes as a chunk of its own.
  const weights = Float32Array.from({ length: 131_072 }, (_, i) => Math.fround(Math.sin(i)));
  const planFor = (hash = weightsHash(weights), dimension = weights.length) =>
    testPlan(5, { model: { hash, dimension } });
  const hex = (hash: Uint8Array) => Buffer.from(hash).toString('hex');

  it('of many chunks arrives bit for bit', async () => {
    const { address, models } = await listen();
    models.set(hex(weightsHash(weights)), weightsToBytes(weights));
    const { client } = connect(files, address);
    const fetched = await client.fetchModel(planFor());
    expect(Buffer.compare(weightsToBytes(fetched), weightsToBytes(weights))).toBe(0);
  });

  const changed = () => {
    const bytes = weightsToBytes(weights);
    bytes[300_000] = (bytes[300_000] ?? 0) ^ 1;
    return bytes;
  };
  it.each<[string, () => Uint8Array]>([
    ['has another hash', changed],
    ['is too short', () => weightsToBytes(weights).subarray(4)],
    ['is too long', () => Buffer.concat([weightsToBytes(weights), Buffer.alloc(4)])],
    ['is far too long', () => Buffer.alloc(10_000_000)],
    ['is empty', () => new Uint8Array()],
  ])('that %s is refused', async (_, bytes) => {
    const { address, models } = await listen();
    models.set(hex(weightsHash(weights)), bytes());
    const { client } = connect(files, address);
    await expect(client.fetchModel(planFor())).rejects.toMatchObject({
      ...{ code: 'PROTOCOL_VIOLATION', message: expect.stringMatching(/not the one that its plan names/) },
    });
  });

  it('of zeros must be there to the last of them', async () => {
    const zeros = new Float32Array(10);
    const { address, models } = await listen();
    models.set(hex(weightsHash(zeros)), new Uint8Array(36));
    const { client } = connect(files, address);
    await expect(client.fetchModel(planFor(weightsHash(zeros), 10))).rejects.toMatchObject({
      code: 'PROTOCOL_VIOLATION',
    });
  });

  it('of numbers that are none is refused, whatever its hash', async () => {
    const broken = Float32Array.of(0, Number.NaN);
    const { address, models } = await listen();
    models.set(hex(weightsHash(broken)), weightsToBytes(broken));
    const { client } = connect(files, address);
    await expect(client.fetchModel(planFor(weightsHash(broken), 2))).rejects.toMatchObject({
      code: 'DATA_INVALID',
    });
  });

  it('that came with its plan is not fetched', async () => {
    const small = Float32Array.of(1, -2, 3);
    const { server: sessions, address } = await listen();
    const { client, heard } = connect(files, address);
    await heard.when((message) => message.type === 'welcome');
    const send = (hash: Uint8Array) =>
      sessions.send(north, {
        type: 'plan',
        plan: planFor(hash, 3),
        weights: weightsToBytes(small),
      });
    send(weightsHash(small));
    const first = await heard.when((message) => message.type === 'plan');
    expect(await client.fetchModel(first.plan)).toEqual(small);
    send(weightsHash(weights));
    const second = await heard.when((message) => message.type === 'plan', 2);
    await expect(client.fetchModel(second.plan)).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' });
  });

  it('that nobody has is not waited for', async () => {
    const { address } = await listen();
    const { client } = connect(files, address);
    await expect(client.fetchModel(planFor())).rejects.toMatchObject({ code: status.NOT_FOUND });
  });
});

describe('a session', () => {
  it('that breaks is tried again, by a server that came back', async () => {
    const first = await listen();
    const { heard } = connect(files, first.address);
    await heard.when((message) => message.type === 'welcome');
    await first.server.close(0);
    await heard.when((message) => message.type === 'lost');
    const second = await listen(first.port);
    await heard.when((message) => message.type === 'welcome', 2);
    expect(second.seen.all).toEqual([{ type: 'connected', hospital: north }]);
  });

  it('with a coordinator that breaks the protocol is given up', async () => {
    const { server: sessions, address } = await listen();
    const connected = connect(files, address);
    await connected.heard.when((message) => message.type === 'welcome');
    sessions.send(north, { type: 'welcome', heartbeatMs: 1 });
    const error = await givenUp(connected);
    expect(error).toMatchObject({ code: 'PROTOCOL_VIOLATION' });
    expect(error.message).toMatch(/welcome\.heartbeat_ms/);
    sessions.send(north, TO_HOSPITAL.ack);
    expect(connected.heard.all.map(({ type }) => type)).toEqual(['welcome']);
  });

  it('that is gone takes no vector and does not wait for it', async () => {
    const { server: sessions, address } = await listen();
    const { client, heard } = connect(files, address);
    await heard.when((message) => message.type === 'welcome');
    const sending = client.sendVector(attempt, new Int32Array(5_000_000));
    sessions.disconnect(north, 'enough');
    await heard.when((message) => message.type === 'lost');
    await sending;
  });

  it('is not tried again once the client is closed', async () => {
    const { server: sessions, address, seen } = await listen();
    const { client, heard } = connect(files, address);
    await heard.when((message) => message.type === 'welcome');
    client.close();
    await seen.when((event) => event.type === 'disconnected');
    client.connect();
    sessions.send(north, TO_HOSPITAL.ack);
    await expect(Promise.race([client.failed, sessions.close(600_000)])).resolves.toBeUndefined();
    expect(heard.all.map(({ type }) => type)).toEqual(['welcome']);
  });
});

describe('a client gives up with UNREACHABLE by its deadline', () => {
  const expectUnreachable = async (address: string, what: RegExp) => {
    const error = await givenUp(connect(files, address, 800));
    expect(error).toMatchObject({ code: 'UNREACHABLE', exitCode: 7 });
    expect(error.message).toMatch(/^No session with the coordinator at 127\.0\.0\.1:\d+ for 0\.8 s \(/);
    expect(error.message).toMatch(what);
  };

  it('counted from the loss of the last session, and not while there is one', async () => {
    const { server: sessions, seen, address } = await serve(server, [north], { heartbeatMs: 250 });
    const connected = connect(files, address, 800);
    // Longer than it would wait for a session.
    await seen.when((event) => event.type === 'received', 4);
    expect(connected.heard.all.map(({ type }) => type)).toEqual(['welcome']);
    await sessions.close(0);
    expect(await givenUp(connected)).toMatchObject({ code: 'UNREACHABLE' });
  });

  it('when nobody listens', async () => {
    const { server: sessions, address } = await listen();
    await sessions.close(0);
    await expectUnreachable(address, /ECONNREFUSED.*check its address, that it runs, and the certificates/);
  });

  it('when the coordinator’s certificate is of another authority', async () => {
    const { address } = await serve(foreign, [north]);
    await expectUnreachable(address, /certificate/);
  });

  it('when the coordinator speaks TLS 1.2 at most', async () => {
    const before = tls.DEFAULT_MIN_VERSION;
    onTestFinished(() => {
      tls.DEFAULT_MIN_VERSION = before;
    });
    tls.DEFAULT_MIN_VERSION = 'TLSv1.2';
    const { ca, certificate: cert, privateKey: key } = server;
    const old = http2.createSecureServer({ ca, cert, key, maxVersion: 'TLSv1.2' });
    old.listen(0, '127.0.0.1');
    onTestFinished(() => void old.close());
    await once(old, 'listening');
    const { port } = old.address() as AddressInfo;
    await expectUnreachable(
      `127.0.0.1:${port}`,
      /alert protocol version|PROTOCOL_VERSION|unsupported protocol/i,
    );
  });

  // Without hanging up, the connection would last until its keep-alive fails.
  it('when a server takes the connection and says nothing, and hangs up', { timeout: 10_000 }, async () => {
    const { ca, certificate: cert, privateKey: key } = server;
    const silent = http2.createSecureServer({ ca, cert, key });
    const sessionOpened = once(silent, 'session');
    silent.listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const unreachable = expectUnreachable(`127.0.0.1:${port}`, /it does not answer/);
    const [session] = (await sessionOpened) as [http2.ServerHttp2Session];
    const closed = once(session, 'close');
    await unreachable;
    await closed;
  });
});
