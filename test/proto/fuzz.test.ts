/** Spoilt messages of every stage: test/long has ten times as many, others at each run. */
import { fuzz } from './fuzz.ts';

fuzz(750, 4);
