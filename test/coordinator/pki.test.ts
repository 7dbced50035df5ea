// @peculiar/x509 refuses to load before this.
import 'reflect-metadata';
import { generateKeyPairSync, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import * as x509 from '@peculiar/x509';
import { beforeAll, describe, expect, it } from 'vitest';
import { peerHospital } from '../../coordinator/peer-identity.ts';
import {
  type Authority,
  createAuthority,
  createTlsKeys,
  type Issue,
  issueHospitalCertificate,
  issueServerCertificate,
} from '../../coordinator/pki.ts';
import { FedwardError } from '../../proto/errors.ts';
import { hospitalId } from '../../proto/vocabulary.ts';

const DAY_MS = 86_400_000;
const north = hospitalId('north');
const entropy = (bytes: number) => randomBytes(bytes);
const today = (): Issue => ({ now: new Date(), entropy, days: 30 });

interface Side {
  readonly key: string;
  readonly cert: string;
}

let authority: Authority;
let server: Side;

async function hospital(from: Authority, issue = today()): Promise<Side> {
  const keys = createTlsKeys();
  return { key: keys.privateKey, cert: await issueHospitalCertificate(from, north, keys.publicKey, issue) };
}

/** One real handshake: what the server made of the client, or the reason why either side refused. */
async function handshake(client: Side | undefined, serverSide = server, trust = authority): Promise<string> {
  const listener = tls.createServer({
    ...serverSide,
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
  });
  const verdict = new Promise<string>((resolve) => {
    listener.on('secureConnection', (socket) => {
      resolve(`${socket.getProtocol()} ${peerHospital(socket.getPeerCertificate().raw)}`);
      socket.end();
    });
    listener.on('tlsClientError', (error, socket) =>
      // When the certificate is what is wrong, node keeps why on the socket and reports a mere reset.
      resolve(`refused by server: ${socket.authorizationError ?? codeOf(error)}`),
    );
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const socket = tls.connect({ port, host: '127.0.0.1', ca: trust.certificate, ...client });
  const failure = new Promise<string>((resolve) => {
    // The server's alert arrives here too, but what counts for those cases is the server's own verdict.
    socket.on('error', (error) => {
      if (!socket.authorized) resolve(`refused by client: ${codeOf(error)}`);
    });
  });
  socket.resume();
  const result = await Promise.race([verdict, failure]);
  socket.destroy();
  listener.close();
  return result;
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message;
}

beforeAll(async () => {
  authority = await createAuthority('Test consortium', today());
  const keys = createTlsKeys();
  server = {
    key: keys.privateKey,
    cert: await issueServerCertificate(authority, ['fedward.example', '192.0.2.7'], keys.publicKey, today()),
  };
});

describe('handshakes over loopback', () => {
  it('admits a hospital by TLS 1.3 and reads its id', async () => {
    expect(await handshake(await hospital(authority))).toBe('TLSv1.3 north');
  });

  it('refuses a client without a certificate', async () => {
    expect(await handshake(undefined)).toBe('refused by server: ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE');
  });

  it("refuses another authority's hospital, even of the same name", async () => {
    const other = await createAuthority('Test consortium', today());
    expect(await handshake(await hospital(other))).toBe('refused by server: UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it('refuses an expired certificate and one not yet valid', async () => {
    const past = { ...today(), now: new Date(Date.now() - 3 * DAY_MS), days: 1 };
    const future = { ...today(), now: new Date(Date.now() + DAY_MS) };
    expect(await handshake(await hospital(authority, past))).toBe('refused by server: CERT_HAS_EXPIRED');
    expect(await handshake(await hospital(authority, future))).toBe('refused by server: CERT_NOT_YET_VALID');
  });

  it('refuses the server certificate as a client, and a hospital as the server', async () => {
    expect(await handshake(server)).toBe('refused by server: INVALID_PURPOSE');
    expect(await handshake(await hospital(authority), await hospital(authority))).toBe(
      'refused by client: INVALID_PURPOSE',
    );
  });

  it("refuses a leaf that another leaf's key has signed", async () => {
    const leaf = await hospital(authority);
    const pretended = await hospital({ certificate: leaf.cert, privateKey: leaf.key });
    const chained = { key: pretended.key, cert: pretended.cert + leaf.cert };
    expect(await handshake(chained)).toMatch(/^refused by server: /);
  });

  it('makes the client refuse a coordinator of another authority', async () => {
    const other = await createAuthority('Test consortium', today());
    expect(await handshake(await hospital(authority), server, other)).toBe(
      'refused by client: SELF_SIGNED_CERT_IN_CHAIN',
    );
  });
});

describe('what is issued', () => {
  it('names loopback and the given names, and is back-dated by five minutes', () => {
    const certificate = new X509Certificate(server.cert);
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(certificate.checkHost('fedward.example')).toBe('fedward.example');
    for (const ip of ['127.0.0.1', '::1', '192.0.2.7']) expect(certificate.checkIP(ip)).toBe(ip);
    const age = Date.now() - new Date(certificate.validFrom).getTime();
    expect(age).toBeGreaterThanOrEqual(5 * 60_000 - 1000);
    expect(age).toBeLessThan(6 * 60_000);
  });

  it('has distinct positive serials of at most 128 bits, whatever the entropy gives', async () => {
    const keys = createTlsKeys();
    const serial = async (bytes: Buffer) => {
      const issue = { ...today(), entropy: () => bytes };
      return new X509Certificate(await issueHospitalCertificate(authority, north, keys.publicKey, issue));
    };
    const patterns = ['00ff', '0001', '80ff', 'ffff', '7f00'].map((start) =>
      Buffer.concat([Buffer.from(start, 'hex'), Buffer.alloc(14, 3)]),
    );
    for (const bytes of patterns) {
      const certificate = await serial(bytes);
      expect(BigInt(`0x${certificate.serialNumber}`)).toBe(BigInt(`0x${bytes.toString('hex')}`));
      expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
    }
    const ids = await Promise.all([hospital(authority), hospital(authority)]);
    expect(new Set(ids.map((id) => new X509Certificate(id.cert).serialNumber)).size).toBe(2);
  });

  it('never outlives the authority', async () => {
    const { cert } = await hospital(authority, { ...today(), days: 3650 });
    expect(new X509Certificate(cert).validTo).toBe(new X509Certificate(authority.certificate).validTo);
  });

  it('marks the root as a root and the leaf as none', async () => {
    expect(new X509Certificate(authority.certificate).ca).toBe(true);
    const leaf = new X509Certificate((await hospital(authority)).cert);
    expect(leaf.ca).toBe(false);
    const constraints = new x509.X509Certificate(leaf.raw).getExtension(x509.BasicConstraintsExtension);
    expect(constraints).toMatchObject({ ca: false, critical: true });
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(leaf.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
  });

  it('refuses keys that are not P-256, and a private key where the public one belongs', async () => {
    const { privateKey } = createTlsKeys();
    const ed25519 = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' });
    for (const key of ['', 'not a key', privateKey, String(ed25519)]) {
      await expect(issueHospitalCertificate(authority, north, key, today())).rejects.toThrow(FedwardError);
    }
  });
});

describe('peerHospital', () => {
  const named = async (...names: x509.JsonGeneralNames) => {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const extensions = [new x509.SubjectAlternativeNameExtension(names)];
    const options = { name: 'CN=north', keys, signingAlgorithm: algorithm, extensions };
    return new Uint8Array((await x509.X509CertificateGenerator.createSelfSigned(options, webcrypto)).rawData);
  };
  const uri = (value: string) => ({ type: 'url', value }) as const;

  it('reads the URI, not the common name', async () => {
    expect(peerHospital(await named(uri('urn:fedward:hospital:south')))).toBe('south');
  });

  it.each([
    ['a second hospital', [uri('urn:fedward:hospital:south'), uri('urn:fedward:hospital:north')]],
    ['a second name', [uri('urn:fedward:hospital:south'), { type: 'dns', value: 'example.org' }]],
    ['a name that hides another', [uri('urn:x, URI:urn:fedward:hospital:south, urn:y')]],
    ['a longer urn', [uri('xurn:fedward:hospital:south')]],
    ['an id with a dash at its end', [uri('urn:fedward:hospital:south-')]],
    ['an upper-case id', [uri('urn:fedward:hospital:South')]],
    ['the URI as a DNS name', [{ type: 'dns', value: 'urn:fedward:hospital:south' }]],
  ] as const)('refuses %s', async (_, names) => {
    const raw = await named(...names);
    expect(() => peerHospital(raw)).toThrow(expect.objectContaining({ code: 'UNAUTHORISED' }));
  });

  it('refuses what names no hospital', () => {
    const unauthorised = expect.objectContaining({ code: 'UNAUTHORISED' });
    const root = new X509Certificate(authority.certificate).raw;
    for (const raw of [
      undefined,
      new Uint8Array(),
      Buffer.from('nonsense'),
      root,
      new X509Certificate(server.cert).raw,
    ])
      expect(() => peerHospital(raw)).toThrow(unauthorised);
  });
});
