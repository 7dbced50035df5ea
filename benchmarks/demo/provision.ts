/**
 * Everything a consortium on this machine needs before its processes start: data shares, certificates,
 * encrypted identity keys, configuration files. Each run gets keys and ledgers of its own.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { z } from 'zod';
import type { coordinatorConfigSchema } from '../../coordinator/config.ts';
import {
  type Authority,
  createAuthority,
  createTlsKeys,
  type Issue,
  issueHospitalCertificate,
  issueServerCertificate,
} from '../../coordinator/pki.ts';
import { osEntropy } from '../../dp/sampling/entropy.ts';
import type { hospitalConfigSchema } from '../../participant/config.ts';
import { createKeystore } from '../../participant/keystore.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';
import { Secret } from '../../secagg/secret.ts';
import type { KnownThreat } from '../../threats/catalogue.ts';
import { encodeDataset } from '../../threats/dataset-file.ts';
import type { Dataset } from '../../threats/threat.ts';

export interface Member {
  readonly id: HospitalId;
  /** Writes the hospital's records to `path`, which is not there yet: a file or a folder. */
  writeRecords(path: string): Promise<void>;
}

export interface ProvisionOptions {
  readonly folder: string;
  readonly threat: KnownThreat;
  readonly members: readonly Member[];
  /** Public, encoded; judges each round's model. */
  readonly test: Dataset;
  /** Name of the data set in each hospital's ledger. */
  readonly dataset: string;
  readonly job: z.input<typeof coordinatorConfigSchema>['job'];
  readonly timings: z.input<typeof coordinatorConfigSchema>['timings'];
  readonly policy: z.input<typeof hospitalConfigSchema>['policy'];
}

export interface Provisioned {
  readonly coordinatorConfig: string;
  /** Writes a hospital's configuration, which needs the port that the coordinator got. */
  hospitalConfig(id: HospitalId, port: number): Promise<string>;
}

const VALID_DAYS = 2;
/** The least that the keystore accepts: these keys live as long as one demo run. */
const KEYSTORE_COST = { N: 2 ** 15, r: 8, p: 1 } as const;
const PRIVATE = { mode: 0o600 };

export async function provision(options: ProvisionOptions): Promise<Provisioned> {
  const { folder, threat, members, test, job, timings, policy } = options;
  const issue: Issue = { now: new Date(), entropy: osEntropy(), days: VALID_DAYS };
  const authority = await createAuthority('Fedward demo authority', issue);
  const identityKeys: Record<string, string> = {};
  for (const member of members) {
    identityKeys[member.id] = await provisionHospital(join(folder, member.id), member, authority, issue);
  }
  const home = join(folder, 'coordinator');
  await mkdir(home);
  const keys = createTlsKeys();
  const certificate = await issueServerCertificate(authority, [], keys.publicKey, issue);
  await writeTls(home, authority.certificate, certificate, keys.privateKey);
  await writeFile(join(home, 'test-set.bin'), encodeDataset(threat.encoder.id, test));
  const coordinatorConfig = join(home, 'coordinator.yaml');
  const config: z.input<typeof coordinatorConfigSchema> = {
    listen: { port: 0 },
    tls: TLS,
    members: identityKeys,
    testSet: 'test-set.bin',
    output: '../model',
    ...{ job, timings },
  };
  await writeFile(coordinatorConfig, stringify(config));
  return {
    coordinatorConfig,
    async hospitalConfig(id, port) {
      const own: z.input<typeof hospitalConfigSchema> = {
        hospital: id,
        coordinator: `127.0.0.1:${port}`,
        tls: TLS,
        keystore: 'identity.json',
        passphraseFile: 'passphrase',
        data: { threat: threat.id, folder: 'data', name: options.dataset },
        ledger: 'ledger.db',
        members: identityKeys,
        policy,
        giveUpMs: 30_000,
      };
      const file = join(folder, id, 'hospital.yaml');
      await writeFile(file, stringify(own));
      return file;
    },
  };
}

const TLS = { ca: 'ca.pem', certificate: 'certificate.pem', privateKey: 'private-key.pem' };

async function writeTls(home: string, ca: string, certificate: string, privateKey: string): Promise<void> {
  await writeFile(join(home, TLS.ca), ca);
  await writeFile(join(home, TLS.certificate), certificate);
  await writeFile(join(home, TLS.privateKey), privateKey, PRIVATE);
}

/** @returns the hospital's public identity key in base64. */
async function provisionHospital(
  home: string,
  { id, writeRecords }: Member,
  authority: Authority,
  issue: Issue,
): Promise<string> {
  await mkdir(home);
  const keys = createTlsKeys();
  const certificate = await issueHospitalCertificate(authority, id, keys.publicKey, issue);
  await writeTls(home, authority.certificate, certificate, keys.privateKey);
  // In a hospital a person or a secret store knows the passphrase; here it lies beside its keystore.
  const passphrase = randomBytes(24).toString('base64url');
  await writeFile(join(home, 'passphrase'), passphrase, PRIVATE);
  const { publicKey } = await createKeystore(
    join(home, 'identity.json'),
    new Secret(Buffer.from(passphrase)),
    {
      entropy: issue.entropy,
      cost: KEYSTORE_COST,
    },
  );
  await writeRecords(join(home, 'data'));
  return Buffer.from(publicKey).toString('base64');
}
