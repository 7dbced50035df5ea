/**
 * Spoilt messages of every stage, others at each run. A failure prints fast-check's seed and path; the same
 * again: `FEDWARD_FUZZ_SEED=17 npm run test:long -- test/long/secagg-fuzz.test.ts`.
 */
import { fuzz } from '../proto/fuzz.ts';

const seed = process.env.FEDWARD_FUZZ_SEED;
fuzz(Number(process.env.FEDWARD_FUZZ_RUNS ?? 7_500), seed === undefined ? undefined : Number(seed));
