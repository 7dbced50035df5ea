/** The hospital's configuration file. Paths in it are relative to the file. */
import { z } from 'zod';
import { sitePolicySchema } from './policy.ts';
import { qualityLimitsSchema } from './quality.ts';

const path = z.string().min(1);

const config = z.strictObject({
  /** This hospital's id, as its certificate and the roster have it. */
  hospital: z.string(),
  /** host:port of the coordinator. */
  coordinator: z.string().regex(/^.+:\d+$/, 'must be host:port'),
  tls: z.strictObject({ ca: path, certificate: path, privateKey: path }),
  /** Encrypted identity key; its passphrase comes from `passphraseFile` or `FEDWARD_PASSPHRASE`. */
  keystore: path,
  passphraseFile: path.optional(),
  data: z.strictObject({
    threat: z.string(),
    /** Labelled records: mail by class, or a log, or a folder of them. */
    folder: path,
    /** How a log is read, such as `zeek`. @default by its content */
    reader: z.string().min(1).optional(),
    /** Mapping file for a table of your own. */
    mapping: path.optional(),
    /** Where a log's prepared records are kept, as private as the log. @default `records` */
    prepared: path.default('records'),
    /** What the records must be like to be trained on. */
    quality: qualityLimitsSchema.prefault({}),
    /** Name of the data set in the ledger: its budget is for life, whatever job spends it. */
    name: z.string().min(1).max(200),
  }),
  /** libsql file of the privacy ledger. Losing it means losing count: back it up. */
  ledger: path,
  /** Identity keys (base64) of every member, agreed on outside the coordinator. */
  members: z.record(z.string(), z.string()),
  policy: sitePolicySchema,
  /** Longest time without the coordinator before giving up. */
  giveUpMs: z.number().int().min(1000).default(600_000),
});

export const hospitalConfigSchema = config.superRefine(({ data, policy }, { addIssue }) => {
  if (policy.threats.includes(data.threat)) return;
  addIssue({
    code: 'custom',
    path: ['policy', 'threats'],
    message: `lacks "${data.threat}", which data.threat is to be trained for`,
  });
});

export type HospitalConfig = z.output<typeof hospitalConfigSchema>;
