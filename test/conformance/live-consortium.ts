/** A consortium on disk for rounds over real gRPC: certificates and keystores as in a deployment. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createAuthority,
  createTlsKeys,
  type Issue,
  issueHospitalCertificate,
  issueServerCertificate,
} from '../../coordinator/pki.ts';
import type { TlsFiles } from '../../coordinator/server.ts';
import { osEntropy } from '../../dp/sampling/entropy.ts';
import { createKeystore } from '../../participant/keystore.ts';
import { type HospitalId, hospitalId } from '../../proto/vocabulary.ts';
import type { Identity } from '../../secagg/identity.ts';
import { Secret } from '../../secagg/secret.ts';

export const PYTHON = hospitalId('python');
/** In ascending order. */
export const IDS: readonly HospitalId[] = ['east', 'north', PYTHON, 'south', 'west'].map(hospitalId);

export interface LiveHospital {
  readonly id: HospitalId;
  readonly folder: string;
  readonly tls: TlsFiles;
  readonly identity: Identity;
}

export interface LiveConsortium {
  readonly server: TlsFiles;
  readonly hospitals: readonly LiveHospital[];
}

export async function provision(folder: string): Promise<LiveConsortium> {
  const issue: Issue = { now: new Date(), entropy: osEntropy(), days: 1 };
  const authority = await createAuthority('Conformance', issue);
  const files = (certificate: string, privateKey: string): TlsFiles => ({
    ca: Buffer.from(authority.certificate),
    certificate: Buffer.from(certificate),
    privateKey: Buffer.from(privateKey),
  });
  const hospitals: LiveHospital[] = [];
  for (const id of IDS) {
    const home = join(folder, id);
    const keys = createTlsKeys();
    const tls = files(await issueHospitalCertificate(authority, id, keys.publicKey, issue), keys.privateKey);
    hospitals.push({ id, folder: home, tls, identity: await writeHome(home, tls) });
  }
  const keys = createTlsKeys();
  const server = files(await issueServerCertificate(authority, [], keys.publicKey, issue), keys.privateKey);
  return { server, hospitals };
}

async function writeHome(home: string, { ca, certificate, privateKey }: TlsFiles): Promise<Identity> {
  await mkdir(home);
  await writeFile(join(home, 'ca.pem'), ca);
  await writeFile(join(home, 'certificate.pem'), certificate);
  await writeFile(join(home, 'private-key.pem'), privateKey, { mode: 0o600 });
  const passphrase = randomBytes(24).toString('base64url');
  await writeFile(join(home, 'passphrase'), passphrase, { mode: 0o600 });
  return createKeystore(join(home, 'identity.json'), new Secret(Buffer.from(passphrase)), {
    entropy: osEntropy(),
    // The least that is accepted: these keys live as long as this run.
    cost: { N: 2 ** 15, r: 8, p: 1 },
  });
}
