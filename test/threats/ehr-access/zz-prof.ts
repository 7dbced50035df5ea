import { auditRows } from '../../../threats/ehr-access/generator.ts';
import { seededUniform } from '../../../benchmarks/seeded.ts';
let t = performance.now(); let n = 0; const all=[];
for (const r of auditRows(seededUniform(7), { weeks: 2 })) { n++; all.push(r); }
console.log(n, performance.now() - t);
import { ehrAccess } from '../../../threats/ehr-access/index.ts';
t = performance.now(); const p = ehrAccess.prepare(); let k=0; for (const r of all) k += p.push(r).length; console.log(k, performance.now()-t);
