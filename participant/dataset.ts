/**
 * A hospital's labelled records, from its data folder to the encoded data set, with an account of what
 * was read. The account stays in the hospital: counts are facts about its records.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FedwardError } from '../proto/errors.ts';
import type { Dataset, Threat } from '../threats/threat.ts';
import {
  formatWhereabouts,
  type IdentifyingReader,
  type Refused,
  type Whereabouts,
} from './readers/reader.ts';

export interface DatasetReport {
  readonly threat: string;
  readonly encoder: string;
  /** Records that could be read. */
  readonly read: number;
  /** What could not be read, with its whereabouts: at most `LISTED`, of `skippedCount`. */
  readonly skipped: readonly Refused[];
  readonly skippedCount: number;
  /** Records read only in part, with the reason: at most `LISTED`, of `damagedCount`. */
  readonly damaged: readonly Refused[];
  readonly damagedCount: number;
  /** Repetitions left out: the first of equal records counts. */
  readonly duplicates: number;
  /** Records left out because the same one is labelled in two ways. */
  readonly contradictions: number;
  /** Records kept, by class name. */
  readonly classes: Readonly<Record<string, number>>;
}

/** Whereabouts named in a report; the rest is counted. */
const LISTED = 100;

interface Row {
  readonly label: number;
  readonly features: Float32Array;
  contradicted: boolean;
}

/**
 * Reads `folder`, which holds one entry per class of the threat: a file `<class>.mbox` or a folder
 * `<class>/`, or both. Equal records count once; a record under two labels counts not at all.
 *
 * @throws FedwardError `DATA_INVALID` when a class has no entry, or no record that can be read.
 */
export async function loadDataset<Sample>(
  threat: Threat<Sample>,
  reader: IdentifyingReader<Sample>,
  folder: string,
): Promise<{ dataset: Dataset; report: DatasetReport }> {
  const rows = new Map<string, Row>();
  const skipped: Refused[] = [];
  const damaged: Refused[] = [];
  const counts = { read: 0, skipped: 0, damaged: 0, duplicates: 0, contradictions: 0 };

  const list = (into: Refused[], { source, position }: Whereabouts, reason: string) => {
    if (into.length < LISTED) into.push({ kind: 'refused', source, position, reason });
  };
  const take = (sample: Sample, label: number) => {
    const key = reader.identity(sample);
    const known = rows.get(key);
    if (known === undefined) {
      const features = new Float32Array(threat.encoder.width);
      threat.encoder.encode(sample, features, 0);
      rows.set(key, { label, features, contradicted: false });
    } else if (known.label === label) {
      counts.duplicates++;
    } else {
      counts.contradictions += known.contradicted ? 1 : 2;
      known.contradicted = true;
    }
  };

  for (const [label, name] of threat.classes.entries()) {
    for (const path of await entriesOf(folder, name)) {
      for await (const item of reader.read(path)) {
        if (item.kind === 'refused') {
          counts.skipped++;
          list(skipped, item, item.reason);
        } else {
          counts.read++;
          if (item.note !== null) {
            counts.damaged++;
            list(damaged, item, item.note);
          }
          take(item.sample, label);
        }
      }
    }
  }

  const kept = [...rows.values()].filter((row) => !row.contradicted);
  const classes = Object.fromEntries(
    threat.classes.map((name, label) => [name, kept.filter((row) => row.label === label).length]),
  );
  const empty = threat.classes.find((name) => classes[name] === 0);
  if (empty !== undefined) {
    const first = skipped[0];
    const why = first === undefined ? '' : ` First problem: ${formatWhereabouts(first)}: ${first.reason}`;
    throw new FedwardError('DATA_INVALID', `${folder} has no usable record of class "${empty}".${why}`);
  }
  return {
    dataset: pack(kept, threat.encoder.width),
    report: {
      threat: threat.id,
      encoder: threat.encoder.id,
      read: counts.read,
      skipped,
      skippedCount: counts.skipped,
      damaged,
      damagedCount: counts.damaged,
      duplicates: counts.duplicates,
      contradictions: counts.contradictions,
      classes,
    },
  };
}

async function entriesOf(folder: string, name: string): Promise<string[]> {
  const candidates = [join(folder, `${name}.mbox`), join(folder, name)];
  const present: string[] = [];
  for (const path of candidates) {
    if (await exists(path)) present.push(path);
  }
  if (present.length === 0) {
    throw new FedwardError(
      'DATA_INVALID',
      `There are no records of class "${name}" in ${folder}. Put them into ${candidates.join(' or ')}/.`,
    );
  }
  return present;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}

function pack(rows: readonly Row[], width: number): Dataset {
  const features = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    features.set(row.features, i * width);
  });
  return { rows: rows.length, width, features, labels: Uint8Array.from(rows, (row) => row.label) };
}
