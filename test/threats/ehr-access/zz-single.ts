import { recordsOfRows } from '../../../benchmarks/accuracy/data.ts';
import { ehrAccessRule } from '../../../benchmarks/accuracy/ehr-access.ts';
import { seededUniform } from '../../../benchmarks/seeded.ts';
import { auditRows, MISUSE_RATES } from '../../../threats/ehr-access/generator.ts';
import { ehrAccess } from '../../../threats/ehr-access/index.ts';
import { auroc } from '../../../threats/metrics.ts';
const r = recordsOfRows(ehrAccess, auditRows(seededUniform(11), { staff: 120, weeks: 8 }));
for (const kind of Object.keys(MISUSE_RATES)) {
  const idx = [...r.labels.keys()].filter((i) => r.labels[i] === 0 || r.details[i] === kind);
  const lab = Uint8Array.from(idx, (i) => r.labels[i] ?? 0);
  const out: [string, number][] = Object.keys(r.samples[0]?.fields ?? {}).map((f) => { const a = auroc(Float32Array.from(idx, (i) => Number(r.samples[i]?.fields[f]) || 0), lab); return [f, Math.max(a, 1 - a)]; });
  out.push(['RULE', auroc(Float32Array.from(idx, (i) => { const s = r.samples[i]; return s === undefined ? 0 : ehrAccessRule(s); }), lab)]);
  console.log(kind, lab.filter((x) => x > 0).length, out.sort((a, b) => b[1] - a[1]).slice(0, 4).map(([f, a]) => `${f} ${a.toFixed(3)}`).join(', '), out.find(([f]) => f === 'RULE')?.[1].toFixed(3));
}
const b = r.samples.filter((_, i) => r.labels[i] === 0);
console.log('emergency share benign', b.filter((s) => Number(s.fields.rows_emergency) > 0).length / b.length);
