/** The hospital as a process: its configuration brought to life, taking part until the end. */
import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { type LedgerSummary, openLedger } from '../dp/ledger.ts';
import { BitSource, osEntropy } from '../dp/sampling/entropy.ts';
import { identityKeys } from '../proto/config.ts';
import { FedwardError } from '../proto/errors.ts';
import { readNamedFile } from '../proto/files.ts';
import { hospitalId } from '../proto/vocabulary.ts';
import { threatById } from '../threats/catalogue.ts';
import { loadEngine } from '../threats/engine.ts';
import type { HospitalConfig } from './config.ts';
import { openKeystore, readPassphrase } from './keystore.ts';
import { openLedgerStore } from './ledger-store.ts';
import { loadRecords } from './records.ts';
import { type RunResult, type RuntimeHooks, takePart } from './runtime.ts';
import { createTrainer } from './trainer.ts';

export interface HospitalOptions {
  readonly config: HospitalConfig;
  /** Folder that the configuration's paths are relative to. */
  readonly folder: string;
  readonly log: Logger;
  readonly once: boolean;
  readonly signal: AbortSignal;
  readonly hooks?: RuntimeHooks | undefined;
}

export interface HospitalResult extends RunResult {
  readonly ledger: LedgerSummary;
}

/**
 * @throws FedwardError `CONFIG_INVALID`, `DATA_INVALID`, `UNAUTHORISED`, `AUDIT_BROKEN` before connecting;
 *   later those of `takePart`.
 */
export async function runHospital(options: HospitalOptions): Promise<HospitalResult> {
  const { config, folder, log, once, signal, hooks } = options;
  const at = (path: string) => resolve(folder, path);
  const self = hospitalId(config.hospital);
  const pinned = identityKeys(config.members);
  const passphrase = await readPassphrase({
    file: config.passphraseFile === undefined ? undefined : at(config.passphraseFile),
    env: process.env,
  });
  const identity = await openKeystore(at(config.keystore), passphrase);
  if (Buffer.compare(pinned.get(self) ?? new Uint8Array(), identity.publicKey) !== 0) {
    throw new FedwardError(
      'CONFIG_INVALID',
      `members must hold this hospital's own identity key: add "${self}: ${Buffer.from(identity.publicKey).toString('base64')}".`,
    );
  }
  const read = (path: string) => readNamedFile('The configured file', at(path));
  const tls = {
    ca: await read(config.tls.ca),
    certificate: await read(config.tls.certificate),
    privateKey: await read(config.tls.privateKey),
  };

  const threat = threatById(config.data.threat);
  const records = await loadRecords(threat, config.data, at, log, signal);
  const engine = await loadEngine();
  log.info({ engine: engine.name }, engine.reason);
  const trainer = createTrainer(engine, threat.network, records);
  const store = openLedgerStore(at(config.ledger));
  try {
    const ledger = openLedger(store, {
      hospital: self,
      dataset: config.data.name,
      unit: 'record',
      delta: config.policy.maxDelta,
      maxEpsilon: config.policy.maxEpsilon,
      maxEpsilonIfOthersCollude: config.policy.maxEpsilonIfOthersCollude,
    });
    const entropy = osEntropy();
    const result = await takePart({
      client: {
        address: config.coordinator,
        tls,
        giveUpMs: config.giveUpMs,
      },
      environment: { self, identity, pinned, policy: config.policy, entropy },
      bits: new BitSource(entropy),
      ...{ ledger, trainer, log, once, signal, hooks },
    });
    return { ...result, ledger: ledger.summary() };
  } finally {
    store.close();
    trainer.dispose();
  }
}
