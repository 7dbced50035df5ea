import { encodeRecords, rowsBetween, pick } from '../../../benchmarks/accuracy/data.ts';
import { createJudge } from '../../../benchmarks/accuracy/judge.ts';
import { ehrAccessRule, ehrAccessSubject } from '../../../benchmarks/accuracy/ehr-access.ts';
import { federatedJob, trainFederated } from '../../../benchmarks/accuracy/federated.ts';
import { fitCentrally } from '../../../benchmarks/accuracy/central.ts';
import { partition, splitTest } from '../../../benchmarks/partition.ts';
import { BitSource, osEntropy } from '../../../dp/sampling/entropy.ts';
import { loadEngine } from '../../../threats/engine.ts';
import { ehrAccess } from '../../../threats/ehr-access/index.ts';
const engine = await loadEngine();
const bits = new BitSource(osEntropy());
const [seedText, ...configs] = process.argv.slice(2);
for (const seed of (seedText ?? '101').split(',').map(Number)) {
  const { train, test } = ehrAccessSubject.generate(seed);
  if (test === null) continue;
  const s = splitTest(train.labels, seed + 1000, 0.1);
  const owned = partition(train.labels, s.train, { hospitals: 10, seed, alpha: 0.5, minPerClass: 0, minRecords: 200 });
  const v = encodeRecords(ehrAccess.encoder, train, s.test);
  const all = encodeRecords(ehrAccess.encoder, train, owned.flat());
  let at = 0;
  const shares = owned.map((o) => { at += o.length; return rowsBetween(all, at - o.length, at); });
  const te = encodeRecords(ehrAccess.encoder, test, [...test.labels.keys()]);
  for (const config of configs) {
    const o = JSON.parse(config) as any;
    const threat = o.hidden === undefined ? ehrAccess : { ...ehrAccess, network: { inputs: ehrAccess.encoder.width, layers: [...(o.hidden > 0 ? [{ units: o.hidden, activation: 'relu' as const }] : []), { units: 6, activation: 'softmax' as const }] } };
    const judge = createJudge(engine, threat.network, 6, ehrAccessSubject.threshold, v, { dataset: te, details: test.details });
    const show = (n: string, q: any, ms: number) => console.log(seed, n, q.auroc.toFixed(3), 'acc', q.accuracy.toFixed(3), 'F1', q.macroF1.toFixed(3), Object.values(q.aurocByDetail).map((x: any) => x.toFixed(3)).join(' '), 'alarms', q.alarms.map((x: any) => x?.toFixed(3)).join(' '), 'p@1', q.precisionAtOnePercent.toFixed(2), Math.round(ms / 100) / 10, 's');
    let t = performance.now();
    if (o.central) { show('pooled' + config, judge.judge(await fitCentrally(engine, threat.network, all, v, seed)), performance.now() - t); 
      show('rule', judge.judgeScores(Float32Array.from(pick(train, s.test).samples, ehrAccessRule), Float32Array.from(test.samples, ehrAccessRule)), 0); continue; }
    const job = federatedJob({ threat, constants: { ...ehrAccessSubject.training, ...o }, epsilon: o.epsilon ?? null, hospitals: 10, records: all.rows });
    const r = await trainFederated(engine, job, threat, shares, seed, bits);
    show(config, judge.judge(r.weights), performance.now() - t);
  }
}
