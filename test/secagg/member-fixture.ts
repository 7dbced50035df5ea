/** The member that the tests of `secagg/member.ts` look at, and its consortium. */
import { at, idAt, testConsortium, testIdentity, testVectors } from './support.ts';

export const consortium = testConsortium(5);
export const { plan, ids, pinned } = consortium;
export const self = idAt(2);
export const me = testIdentity(2);
export const vector = at(testVectors(consortium), self);
