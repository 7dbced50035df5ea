import { fitCentrally } from '../../../benchmarks/accuracy/central.ts';
import { encodeRecords } from '../../../benchmarks/accuracy/data.ts';
import { createJudge } from '../../../benchmarks/accuracy/judge.ts';
import { ehrAccessRule, ehrAccessSubject } from '../../../benchmarks/accuracy/ehr-access.ts';
import { splitTest } from '../../../benchmarks/partition.ts';
import { pick } from '../../../benchmarks/accuracy/data.ts';
import { loadEngine } from '../../../threats/engine.ts';
import { ehrAccess } from '../../../threats/ehr-access/index.ts';
const engine = await loadEngine({ prefer: 'wasm' });
for (const seed of process.argv.slice(2).map(Number)) {
  const t0 = performance.now();
  const { train, test } = ehrAccessSubject.generate(seed);
  if (test === null) continue;
  const count = (r: typeof train) => { const m: Record<string, number> = {}; for (const d of r.details) m[d] = (m[d] ?? 0) + 1; return m; };
  console.log(seed, train.samples.length, test.samples.length, count(train), count(test), Math.round(performance.now() - t0), 'ms');
  const s = splitTest(train.labels, seed + 1000, 0.1);
  const v = encodeRecords(ehrAccess.encoder, train, s.test);
  const tr = encodeRecords(ehrAccess.encoder, train, s.train);
  const te = encodeRecords(ehrAccess.encoder, test, [...test.labels.keys()]);
  const judge = createJudge(engine, ehrAccess.network, 6, ehrAccessSubject.threshold, v, { dataset: te, details: test.details });
  const show = (n: string, q: any) => console.log(n, q.auroc.toFixed(3), Object.fromEntries(Object.entries(q.aurocByDetail).map(([k, x]: any) => [k, +x.toFixed(3)])), 'alarms', q.alarms.map((x: any) => x?.toFixed(3)).join(' '), 'p@1', q.precisionAtOnePercent.toFixed(2));
  show('rule', judge.judgeScores(Float32Array.from(pick(train, s.test).samples, ehrAccessRule), Float32Array.from(test.samples, ehrAccessRule)));
  show('pooled', judge.judge(await fitCentrally(engine, ehrAccess.network, tr, v, seed)));
  const zero: Record<string, number> = {};
  console.log(Math.round(performance.now() - t0), 'ms');
}
