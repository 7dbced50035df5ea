/** A leak test: what a network learns from shuffled labels must not find true threats among other records. */
import { fitCentrally } from '../../benchmarks/accuracy/central.ts';
import { encodeRecords, type Records, rowsBetween } from '../../benchmarks/accuracy/data.ts';
import { createJudge } from '../../benchmarks/accuracy/judge.ts';
import { seededUniform, shuffled } from '../../benchmarks/seeded.ts';
import { loadEngine } from '../../threats/engine.ts';
import type { FieldSample } from '../../threats/features.ts';
import type { Dataset, Threat } from '../../threats/threat.ts';

const TEST_SHARE = 0.3;
const VALIDATION_SHARE = 0.2;

/**
 * AUROC on records held back, after training on the others; with `shuffle` all labels are dealt out anew first,
 * theirs too.
 */
export async function aurocOf(
  threat: Threat<FieldSample>,
  records: Records,
  rows: number,
  shuffle: boolean,
): Promise<number> {
  const uniform = seededUniform(5);
  const indices = shuffled(records.labels.keys(), uniform).slice(0, rows);
  const encoded = encodeRecords(threat.encoder, records, indices);
  const labels = shuffle ? Uint8Array.from(shuffled(encoded.labels, uniform)) : encoded.labels;
  const data: Dataset = { ...encoded, labels };
  const [first, second] = [TEST_SHARE, TEST_SHARE + VALIDATION_SHARE].map((share) =>
    Math.round(share * rows),
  );
  const test = rowsBetween(data, 0, first ?? 0);
  const validation = rowsBetween(data, first ?? 0, second ?? 0);
  const engine = await loadEngine({ prefer: 'wasm' });
  const train = rowsBetween(data, second ?? 0, rows);
  const weights = await fitCentrally(engine, threat.network, train, validation, 1);
  const judge = createJudge(engine, threat.network, threat.classes.length, { type: 'accuracy' }, validation, {
    dataset: test,
    details: [],
  });
  const { auroc } = judge.judge(weights);
  judge.dispose();
  return auroc;
}
