/**
 * The consortium's certificate authority: one self-signed root that signs the coordinator's server
 * certificate and one client certificate per hospital (RFC 5280 profile, ECDSA P-256 with SHA-256).
 *
 * Certificates authenticate transport only. What a hospital trusts its peers by is the Ed25519 identity
 * key in its own site policy, so whoever holds this authority can refuse service but invent no member
 * (DESIGN §2). A leaf is issued to a public key: private keys are made, and stay, where they are used.
 *
 * Import this module lazily: @peculiar/x509 takes a tenth of a second to load. The server reads peers'
 * names with `peer-identity.ts` instead.
 */
import 'reflect-metadata';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  webcrypto,
} from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { FedwardError } from '../proto/errors.ts';
import type { HospitalId } from '../proto/vocabulary.ts';
import { draw, type Entropy } from '../secagg/secret.ts';
import { hospitalUrn } from './peer-identity.ts';

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** Validity begins this long before issue, so that a peer with a slow clock does not refuse a new certificate. */
const BACKDATE_MS = 5 * 60_000;
const SERIAL_BYTES = 16;
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'] as const;

/** A key pair for TLS: ECDSA P-256, public key as SPKI PEM, private key as PKCS #8 PEM. */
export interface TlsKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** The root: its certificate is public and goes to everyone, its key never leaves the coordinator. */
export interface Authority {
  /** PEM. */
  readonly certificate: string;
  /** PKCS #8 PEM. */
  readonly privateKey: string;
}

/** Clock and OS CSPRNG of an issuer, and how long what it issues is valid. */
export interface Issue {
  readonly now: Date;
  readonly entropy: Entropy;
  /** Whole days from `now`; a leaf never outlives the authority. */
  readonly days: number;
}

/** Entropy is the OS CSPRNG inside node's OpenSSL; a private key is never derived from anything else. */
export function createTlsKeys(): TlsKeys {
  return generateKeyPairSync('ec', {
    namedCurve: ECDSA.namedCurve,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

/** A new self-signed root that may sign leaves and nothing below them (path length 0). */
export async function createAuthority(commonName: string, issue: Issue): Promise<Authority> {
  const keys = createTlsKeys();
  const subject = nameOf(commonName);
  const publicKey = await verifyingKey(keys.publicKey);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject,
      issuer: subject,
      serialNumber: randomSerial(issue.entropy),
      notBefore: new Date(issue.now.getTime() - BACKDATE_MS),
      notAfter: daysAfter(issue),
      publicKey,
      signingKey: await signingKey(keys.privateKey),
      signingAlgorithm: SIGNATURE,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto),
        await x509.AuthorityKeyIdentifierExtension.create(publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { certificate: pem(certificate), privateKey: keys.privateKey };
}

/**
 * The coordinator's certificate, for TLS servers only.
 *
 * @param names DNS names and IP addresses besides `localhost`, 127.0.0.1 and ::1, which are always there.
 * @param publicKey SPKI PEM.
 * @returns PEM.
 */
export function issueServerCertificate(
  authority: Authority,
  names: readonly string[],
  publicKey: string,
  issue: Issue,
): Promise<string> {
  const all = [...new Set([...LOOPBACK_NAMES, ...names])];
  return issueLeaf(authority, issue, {
    commonName: names[0] ?? 'localhost',
    publicKey,
    usage: x509.ExtendedKeyUsage.serverAuth,
    names: all.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
  });
}

/**
 * One hospital's certificate, for TLS clients only: CN is its id, and the id that counts is the one URI in
 * the subject alternative name (`peerHospital`).
 *
 * @param publicKey SPKI PEM. That the hospital holds the private key is proved by every handshake.
 * @returns PEM.
 */
export function issueHospitalCertificate(
  authority: Authority,
  hospital: HospitalId,
  publicKey: string,
  issue: Issue,
): Promise<string> {
  return issueLeaf(authority, issue, {
    commonName: hospital,
    publicKey,
    usage: x509.ExtendedKeyUsage.clientAuth,
    names: [{ type: 'url', value: hospitalUrn(hospital) }],
  });
}

interface Leaf {
  readonly commonName: string;
  readonly publicKey: string;
  readonly usage: x509.ExtendedKeyUsage;
  readonly names: x509.JsonGeneralNames;
}

async function issueLeaf(authority: Authority, issue: Issue, leaf: Leaf): Promise<string> {
  const root = new x509.X509Certificate(authority.certificate);
  const publicKey = await verifyingKey(leaf.publicKey);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: nameOf(leaf.commonName),
      issuer: root.subjectName,
      serialNumber: randomSerial(issue.entropy),
      notBefore: new Date(issue.now.getTime() - BACKDATE_MS),
      notAfter: new Date(Math.min(daysAfter(issue).getTime(), root.notAfter.getTime())),
      publicKey,
      signingKey: await signingKey(authority.privateKey),
      signingAlgorithm: SIGNATURE,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([leaf.usage]),
        new x509.SubjectAlternativeNameExtension(leaf.names),
        await x509.SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto),
        await x509.AuthorityKeyIdentifierExtension.create(root.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return pem(certificate);
}

/** As attribute and value, not as text: a name can then hold a comma without becoming two attributes. */
function nameOf(commonName: string): x509.JsonName {
  return [{ O: ['Fedward'] }, { CN: [commonName] }];
}

function daysAfter({ now, days }: Issue): Date {
  return new Date(now.getTime() + days * DAY_MS);
}

/** 128 random bits; the library writes them as a positive integer, within RFC 5280's 20 octets. */
function randomSerial(entropy: Entropy): string {
  return Buffer.from(draw(entropy, SERIAL_BYTES)).toString('hex');
}

function signingKey(privateKey: string): Promise<webcrypto.CryptoKey> {
  const der = parseKey('PRIVATE KEY', privateKey, createPrivateKey).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, ECDSA, false, ['sign']);
}

function verifyingKey(publicKey: string): Promise<webcrypto.CryptoKey> {
  const der = parseKey('PUBLIC KEY', publicKey, createPublicKey).export({ type: 'spki', format: 'der' });
  return webcrypto.subtle.importKey('spki', der, ECDSA, true, ['verify']);
}

/**
 * Keys arrive by file or by wire: a wrong kind is refused here, without echoing any of it. The label is
 * checked because node derives a public key from a private one, and nobody should ever be sending that.
 */
function parseKey(label: string, text: string, parse: (pem: string) => KeyObject): KeyObject {
  let key: KeyObject | undefined;
  try {
    if (text.trimStart().startsWith(`-----BEGIN ${label}-----`)) key = parse(text);
  } catch {
    // Reported below; OpenSSL's own words say nothing of use here.
  }
  if (key?.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `A TLS key must be an ECDSA P-256 ${label.toLowerCase()} in PEM. Create it with \`createTlsKeys\`.`,
    );
  }
  return key;
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem').trim()}\n`;
}
