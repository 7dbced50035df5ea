/** The coordinator's server over real gRPC and mutual TLS 1.3: who gets in, and how every session ends. */
import { once } from 'node:events';
import http2 from 'node:http2';
import tls from 'node:tls';
import {
  credentials,
  logVerbosity,
  makeClientConstructor,
  type ServiceError,
  setLogVerbosity,
  status,
} from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { FederationServer, type TlsFiles } from '../../coordinator/server.ts';
import { VectorAssembly, wordsToBytes } from '../../proto/chunks.ts';
import { type HospitalId, hospitalId } from '../../proto/vocabulary.ts';
import { federationService, MAX_MESSAGE_BYTES } from '../../proto/wire.ts';
import { advertisementOf, attempt, TO_HOSPITAL, wire } from '../proto/messages.ts';
import { connect, givenUp, type Loopback, rawClient, rawSession, type Seen, serve } from './loopback.ts';
import { TestPki } from './tls.ts';

const [north, south, stranger] = [hospitalId('north'), hospitalId('south'), hospitalId('stranger')];
const HELLO = { protocol: 'fedward-secagg/1', software: 'test' };

let server: TlsFiles;
let files: Record<'north' | 'south' | 'stranger' | 'impostor', TlsFiles>;
beforeAll(async () => {
  const [pki, other] = [await TestPki.create(), await TestPki.create()];
  server = await pki.server();
  files = {
    north: await pki.hospital(north),
    south: await pki.hospital(south),
    stranger: await pki.hospital(stranger),
    // Trusts the right coordinator, but its own certificate is of another authority.
    impostor: { ...(await other.hospital(north)), ca: server.ca },
  };
});

const listen = (options?: { heartbeatMs?: number; port?: number }) => serve(server, [north, south], options);
const is =
  (type: Seen['type'], hospital: HospitalId) =>
  (event: Seen): boolean =>
    event.type === type && event.hospital === hospital;

/** A call without gRPC's client around it: it says one thing, and reads nothing of what the server answers. */
async function bareCall(
  address: string,
  method: 'Session' | 'FetchModel',
  message: Buffer,
): Promise<http2.ClientHttp2Session> {
  const { ca, certificate: cert, privateKey: key } = files.north;
  const connection = http2.connect(`https://${address}`, { ca, cert, key });
  connection.on('error', () => {});
  onTestFinished(() => connection.destroy());
  const stream = connection.request({
    ...{ ':method': 'POST', ':path': `/fedward.v1.Federation/${method}` },
    ...{ 'content-type': 'application/grpc', te: 'trailers' },
  });
  stream.on('error', () => {});
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  stream.write(Buffer.concat([frame, message]));
  if (method === 'FetchModel') stream.end();
  await once(stream, 'response');
  return connection;
}

/** That others are served shows that the server is well. */
async function expectServing({ address, seen }: Loopback): Promise<void> {
  const { heard } = connect(files.south, address);
  await heard.when((message) => message.type === 'welcome');
  await seen.when(is('connected', south));
}

describe('a hospital of the roster', () => {
  it('is welcomed after its hello', async () => {
    const loopback = await listen({ heartbeatMs: 1234 });
    const { heard } = connect(files.north, loopback.address);
    expect(await heard.when((message) => message.type === 'welcome')).toEqual({
      ...{ type: 'welcome', heartbeatMs: 1234 },
    });
    expect(loopback.seen.all).toEqual([{ type: 'connected', hospital: north }]);
  });

  it('sends and gets every kind of message as it is, and is charged for the bytes', async () => {
    const { server: sessions, seen, address } = await listen();
    const { client, heard } = connect(files.north, address);
    await heard.when((message) => message.type === 'welcome');
    const before = sessions.traffic(north);
    const { welcome: _, ...others } = TO_HOSPITAL;
    for (const message of Object.values(others)) sessions.send(north, message);
    sessions.send(south, TO_HOSPITAL.ack);
    client.send({ type: 'stage', attempt, body: { stage: 'R0', message: advertisementOf(north) } });
    await heard.when(() => true, 1 + Object.keys(others).length);
    expect(heard.all.slice(1)).toEqual(Object.values(others));
    const { message } = await seen.when((event) => event.type === 'received');
    expect(message).toEqual({
      type: 'stage',
      attempt,
      body: { stage: 'R0', message: advertisementOf(north) },
    });
    expect(sessions.traffic(north) - before).toBeGreaterThan(1000);
    expect(sessions.traffic(south)).toBe(0);
  });

  it('streams a vector of many chunks, which arrives intact', async () => {
    const { seen, address } = await listen();
    const { client, heard } = connect(files.north, address);
    await heard.when((message) => message.type === 'welcome');
    const vector = Int32Array.from({ length: 200_003 }, (_, i) => Math.imul(i, 0x9e3779b9));
    await client.sendVector(attempt, vector);
    const chunks = Math.ceil(vector.length / 65_536);
    await seen.when((event) => event.type === 'received', chunks);
    const assembly = new VectorAssembly(vector.length);
    let whole: Int32Array | null = null;
    for (const event of seen.all) {
      if (event.type !== 'received' || event.message.type !== 'stage') continue;
      const { body } = event.message;
      whole = body.stage === 'R2' ? assembly.add(body.chunk) : expect.fail(body.stage);
    }
    expect(wordsToBytes(whole ?? new Int32Array()).equals(wordsToBytes(vector))).toBe(true);
  });

  it('that says goodbye is gone at once', async () => {
    const { seen, address } = await listen();
    const { client } = connect(files.north, address);
    await seen.when(is('connected', north));
    client.close();
    expect(await seen.when(is('disconnected', north))).toMatchObject({ reason: 'its connection closed' });
    const { stream, ended } = rawSession(files.south, address);
    stream.write({ hello: HELLO });
    stream.end();
    expect(await ended).toMatchObject({ code: status.OK });
  });

  it('whose connection breaks is gone at once', async () => {
    const { seen, address } = await listen();
    const hello = wire.fromHospital.serialize({ hello: HELLO });
    const connection = await bareCall(address, 'Session', hello);
    await seen.when(is('connected', north));
    connection.destroy();
    expect(await seen.when(is('disconnected', north))).toMatchObject({ reason: 'its connection closed' });
  });
});

describe('who is not let in', () => {
  it('a hospital with a valid certificate that is not on the roster', async () => {
    const loopback = await listen();
    const connected = connect(files.stranger, loopback.address);
    const error = await givenUp(connected);
    expect(error).toMatchObject({ code: 'UNAUTHORISED', exitCode: 8 });
    expect(error.message).toMatch(/"stranger" has a valid certificate but is not on this job's roster/);
    await expectServing(loopback);
    expect(loopback.seen.all.filter(({ hospital }) => hospital === stranger)).toEqual([]);
  });

  it('nor does it get a model', async () => {
    const { address, models } = await listen();
    models.set('00', Uint8Array.of(1, 2, 3, 4));
    const call = rawClient(files.stranger, address).fetchModel({ hash: Buffer.of(0) });
    const [error] = (await once(call.resume(), 'error')) as [ServiceError];
    expect(error.code).toBe(status.PERMISSION_DENIED);
  });

  it.each([
    ['a certificate of another authority', () => files.impostor],
    ['no certificate', () => ({ ca: server.ca })],
    ['a server’s certificate', () => server],
  ])('a peer with %s', async (_, tlsFiles) => {
    const loopback = await listen();
    const { stream, ended } = rawSession(tlsFiles(), loopback.address);
    stream.write({ hello: HELLO });
    expect(await ended).toMatchObject({
      code: expect.toSatisfy((code) => code === status.UNAVAILABLE || code === status.PERMISSION_DENIED),
    });
    expect(loopback.seen.all).toEqual([]);
    await expectServing(loopback);
  });

  it('a peer that speaks TLS 1.2 at most', async () => {
    const before = tls.DEFAULT_MIN_VERSION;
    onTestFinished(() => {
      tls.DEFAULT_MIN_VERSION = before;
    });
    // As in a new process: the server alone must see to it.
    tls.DEFAULT_MIN_VERSION = 'TLSv1.2';
    const { port } = await listen();
    const { ca, certificate: cert, privateKey: key } = files.north;
    const options = { ...{ host: '127.0.0.1', port, ca, cert, key }, ALPNProtocols: ['h2'] };
    const old = tls.connect({ ...options, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
    const [error] = (await once(old, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toMatch(/PROTOCOL_VERSION/);
    const current = tls.connect({ ...options, minVersion: 'TLSv1.2' });
    onTestFinished(() => void current.destroy());
    await once(current, 'secureConnect');
    expect(current.getProtocol()).toBe('TLSv1.3');
  });
});

describe('a session', () => {
  it.each([
    ['begins without a hello', [{ heartbeat: {} }], /begins with one hello/],
    ['says hello twice', [{ hello: HELLO }, { hello: HELLO }], /begins with one hello/],
    [
      'speaks another protocol',
      [{ hello: { ...HELLO, protocol: 'fedward-secagg/0' } }],
      /same Fedward release/,
    ],
    ['says nothing that can be read', [{ hello: HELLO }, {}], /A message's body is missing/],
    [
      'breaks a rule of the codec',
      [{ hello: HELLO }, { stage: { attempt, attestation: { signature: Buffer.alloc(3) } } }],
      /attestation\.signature must be 64 bytes and is 3/,
    ],
  ])('that %s ends with the reason', async (_, messages, what) => {
    const loopback = await listen();
    const { stream, ended } = rawSession(files.north, loopback.address);
    for (const message of messages) stream.write(message);
    expect(await ended).toMatchObject({
      ...{ code: status.INVALID_ARGUMENT, details: expect.stringMatching(what) },
    });
    // The driver hears of the end of what it heard the beginning of, and of nothing else.
    const told = loopback.seen.all.map(({ type }) => type);
    expect(told).toEqual(messages.length === 1 ? [] : ['connected', 'disconnected']);
    await expectServing(loopback);
  });

  it('of bytes that are no protobuf ends, and the server goes on', async () => {
    const loopback = await listen();
    const Raw = makeClientConstructor(
      {
        session: {
          path: '/fedward.v1.Federation/Session',
          ...{ requestStream: true, responseStream: true },
          requestSerialize: (bytes: Buffer) => bytes,
          requestDeserialize: (bytes: Buffer) => bytes,
          responseSerialize: (bytes: Buffer) => bytes,
          responseDeserialize: (bytes: Buffer) => bytes,
        },
      },
      'Raw',
    );
    const { ca, privateKey, certificate } = files.north;
    const client = new Raw(loopback.address, credentials.createSsl(ca, privateKey, certificate));
    onTestFinished(() => client.close());
    const stream = client.session?.() ?? expect.fail('no method');
    stream.on('data', () => {});
    stream.write(Buffer.from('0a0b0a096665647761', 'hex'));
    await expect(once(stream, 'end')).rejects.toMatchObject({ code: status.INTERNAL });
    await expectServing(loopback);
  });

  it('of a message above the limit ends, and the server goes on', async () => {
    const loopback = await listen();
    const { stream, ended } = rawSession(files.north, loopback.address);
    stream.write({ hello: HELLO });
    stream.write({ refusal: { attempt, code: 'X', reason: 'x'.repeat(MAX_MESSAGE_BYTES) } });
    expect(await ended).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    await loopback.seen.when(is('disconnected', north));
    await expectServing(loopback);
  });

  it('that is newer replaces the older one, which is told not to come back', async () => {
    const { server: sessions, seen, address } = await listen();
    const older = connect(files.north, address);
    await older.heard.when((message) => message.type === 'welcome');
    const newer = connect(files.north, address);
    await newer.heard.when((message) => message.type === 'welcome');
    const error = await givenUp(older);
    expect(error).toMatchObject({ code: 'UNAUTHORISED' });
    expect(error.message).toMatch(/newer session of "north" replaced this one: run one process for each/);
    expect(seen.all.map(({ type }) => type)).toEqual(['connected', 'disconnected', 'connected']);
    sessions.send(north, TO_HOSPITAL.ack);
    expect(await newer.heard.when((message) => message.type === 'ack')).toEqual(TO_HOSPITAL.ack);
    expect(older.heard.all.map(({ type }) => type)).toEqual(['welcome', 'lost']);
  });

  it.each([
    ['after its hello', [{ hello: HELLO }]],
    ['from the beginning', []],
  ])('that is silent %s is lost after the missed heartbeats', async (_, messages) => {
    const { seen, address } = await listen({ heartbeatMs: 250 });
    const { stream, ended } = rawSession(files.north, address);
    for (const message of messages) stream.write(message);
    expect(await ended).toMatchObject({ code: status.DEADLINE_EXCEEDED, details: /No heartbeat came/ });
    if (messages.length > 0) {
      expect(await seen.when(is('disconnected', north))).toMatchObject({ reason: 'no heartbeat came' });
    }
  });

  it('that says nothing but heartbeats lives', async () => {
    const { seen, address } = await listen({ heartbeatMs: 250 });
    const { heard } = connect(files.north, address);
    // Longer than the three heartbeats that it may miss.
    await seen.when((event) => event.type === 'received' && event.message.type === 'heartbeat', 5);
    expect(heard.all.map(({ type }) => type)).toEqual(['welcome']);
  });

  it('that the driver ends is over for both sides, and the hospital comes back', async () => {
    const { server: sessions, seen, address } = await listen();
    const { heard } = connect(files.north, address);
    await heard.when((message) => message.type === 'welcome');
    sessions.disconnect(north, 'did not answer R2 in time');
    expect(await heard.when((message) => message.type === 'lost')).toMatchObject({
      reason: expect.stringMatching(/did not answer R2 in time/),
    });
    await heard.when((message) => message.type === 'welcome', 2);
    // Who ended it knows already.
    expect(seen.all.map(({ type }) => type)).toEqual(['connected', 'connected']);
    sessions.disconnect(south, 'it was never there');
  });
});

describe('the server', () => {
  it.each(['', 'fedward.v1.Federation'])('answers health checks of "%s"', async (name) => {
    const { address } = await listen();
    const { ca, privateKey, certificate } = files.north;
    const Health = makeClientConstructor(healthService, 'Health');
    const client = new Health(address, credentials.createSsl(ca, privateKey, certificate));
    onTestFinished(() => client.close());
    const answer = await new Promise((resolve, reject) =>
      client.check?.({ service: name }, (error: ServiceError | null, response: unknown) =>
        error === null ? resolve(response) : reject(error),
      ),
    );
    expect(answer).toEqual({ status: 'SERVING' });
  });

  it('says so when its address is taken', async () => {
    const { port } = await listen();
    // grpc-js writes to standard error about it too.
    setLogVerbosity(logVerbosity.NONE);
    onTestFinished(() => setLogVerbosity(logVerbosity.ERROR));
    await expect(listen({ port })).rejects.toMatchObject({
      ...{
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(`Cannot listen on 127.0.0.1:${port}: choose`),
      },
    });
  });

  it('closes at once when its hospitals let go, and they are told', async () => {
    const { server: sessions, address } = await listen();
    const both = [connect(files.north, address), connect(files.south, address)];
    for (const { heard } of both) await heard.when((message) => message.type === 'welcome');
    sessions.send(north, TO_HOSPITAL['job-closed']);
    // Were it to need its grace, this test would run out of time.
    await sessions.close(600_000);
    for (const { heard } of both) {
      expect(await heard.when((message) => message.type === 'lost')).toMatchObject({
        reason: 'the coordinator closed the session',
      });
    }
    expect(both[0]?.heard.all).toContainEqual(TO_HOSPITAL['job-closed']);
  });

  it('closes after its grace when one does not', { timeout: 10_000 }, async () => {
    const { server: sessions, models, port, address } = await listen();
    models.set('00', new Uint8Array(10_000_000));
    const request = federationService().service.FetchModel.requestSerialize({ hash: Buffer.of(0) });
    const stubborn = await bareCall(address, 'FetchModel', request);
    const closed = new Promise((resolve) => stubborn.on('close', resolve));
    await sessions.close(50);
    await closed;
    const again = new FederationServer({ tls: server, roster: new Set([north]), heartbeatMs: 1000 });
    onTestFinished(() => again.close(0));
    await expect(again.listen('127.0.0.1', port, {} as never)).resolves.toBe(port);
  });
});
