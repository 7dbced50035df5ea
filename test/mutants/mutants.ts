/**
 * Ways to break what Fedward promises, each of which a test must notice. A mutant is one small change of one
 * source file; `run.ts` makes it in a copy of the house and demands that the tests named here turn red.
 */
import type { Attack } from './attacks/attack.ts';
import { BY_MEMBERS } from './attacks/members.ts';
import { ON_SESSIONS } from './attacks/sessions.ts';
import { ON_SETS } from './attacks/sets.ts';

export interface Mutant {
  /** What is broken, as one would say it in a review. */
  readonly name: string;
  readonly file: string;
  /** Occurs in `file` exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Test files, at least one test of which must fail. */
  readonly tests: readonly string[];
}

const NOISE: readonly Mutant[] = [
  {
    name: 'σ divided by 4 where the noise is drawn',
    file: 'dp/dp-sgd.ts',
    find: 'sampleDiscreteGaussian(this.sigma, dimension, bits)',
    replace: 'sampleDiscreteGaussian(Math.ceil(this.sigma / 4), dimension, bits)',
    tests: ['test/dp/sgd-modes.test.ts'],
  },
  {
    name: 'σ divided by 4 where it is planned, charge and all',
    file: 'dp/dp-sgd.ts',
    find: '/ Math.sqrt(this.#honest)',
    replace: '/ Math.sqrt(this.#honest) / 4',
    tests: ['test/dp/sgd-plans.test.ts'],
  },
  {
    name: 'a share of noise missing: the share is left out',
    file: 'dp/dp-sgd.ts',
    find: '    addNoise(vector, noise);\n',
    replace: '',
    tests: ['test/dp/sgd-plans.test.ts'],
  },
  {
    name: 'a share of noise missing: shares for all n hospitals, not for the h that are sure',
    file: 'dp/accounting/round.ts',
    find: 'mode, honest, expectedBatch }',
    replace: 'mode, honest: n, expectedBatch }',
    tests: ['test/dp/sgd-plans.test.ts'],
  },
  {
    name: 'one draw of noise for all local steps',
    file: 'dp/dp-sgd.ts',
    find: 'Array.from({ length: steps }, () => this.#draw(source, weights.length, bits))',
    replace: 'new Array<Draw>(steps).fill(this.#draw(source, weights.length, bits))',
    tests: ['test/dp/sgd-modes.test.ts'],
  },
  {
    name: 'records are sampled at twice the rate that is charged',
    file: 'dp/dp-sgd.ts',
    find: 'poissonSample(population, sampleRate, bits)',
    replace: 'poissonSample(population, Math.min(1, 2 * sampleRate), bits)',
    tests: ['test/dp/sgd-modes.test.ts'],
  },
];

const CLIPPING: readonly Mutant[] = [
  {
    name: 'clipping of records removed',
    file: 'dp/sgd.ts',
    find: 'Math.min(1 / clip, 1 / Math.sqrt(scales[r] ?? 0))',
    replace: '(1 / clip)',
    tests: ['test/dp/sgd.test.ts'],
  },
  {
    name: 'clipping of entities removed',
    file: 'dp/sgd-entity.ts',
    find: 'Math.min(1 / this.#clip, 1 / Math.sqrt(square))',
    replace: '(1 / this.#clip)',
    tests: ['test/dp/sgd-entity.test.ts'],
  },
  {
    name: 'an entity’s records clipped one by one',
    file: 'dp/dp-sgd.ts',
    find: '? gatherEntities(entitiesOf(source), units)',
    replace: '? { rows: gatherEntities(entitiesOf(source), units).rows }',
    tests: ['test/dp/sgd-modes.test.ts'],
  },
  {
    name: 'rounding to the grid, which may lengthen a vector, instead of truncation',
    file: 'dp/sgd.ts',
    find: '((input * (scaled[j] ?? 0)) | 0)',
    replace: 'Math.round(input * (scaled[j] ?? 0))',
    tests: ['test/dp/sgd.test.ts'],
  },
  {
    name: 'private normaliser: the realised batch',
    file: 'dp/dp-sgd.ts',
    find: 'return this.normalise(sum);',
    replace: `const planned = this.#options.expectedBatch;
    return this.normalise(sum).map((g) => (g * planned) / (units.length || planned));`,
    tests: ['test/dp/sgd-modes.test.ts'],
  },
];

const ACCOUNTING: readonly Mutant[] = [
  {
    name: 'compose(e, k) charged once',
    file: 'dp/accounting/rdp.ts',
    find: 'this.#tallyOf(event).count += count;',
    replace: 'this.#tallyOf(event).count += 1;',
    tests: ['test/dp/accounting.test.ts'],
  },
  {
    name: 'K local steps charged as one',
    file: 'dp/accounting/round.ts',
    find: 'count: training.localSteps',
    replace: 'count: 1',
    tests: ['test/dp/sgd-plans.test.ts'],
  },
  {
    name: 'a plan’s ε taken at its word',
    file: 'participant/policy.ts',
    find: 'if (epsilon > privacy.epsilon) {',
    replace: 'if (epsilon > 1e9) {',
    tests: ['test/participant/policy.test.ts'],
  },
];

const LEDGER: readonly Mutant[] = [
  {
    name: 'reserve after noise',
    file: 'participant/privatise.ts',
    find: '  const reservation = ledger.reserve({',
    replace: '  release(plan, weights, trainer, bits);\n  const reservation = ledger.reserve({',
    tests: ['test/participant/privatise.test.ts'],
  },
  {
    name: 'two concurrent reservations: the lock is taken at the first write',
    file: 'participant/ledger-store.ts',
    find: '.immediate()',
    replace: '.deferred()',
    tests: ['test/dp/ledger-durability.test.ts'],
  },
  {
    name: 'two concurrent reservations: decided without reading what the other wrote',
    file: 'dp/ledger.ts',
    find: '      this.#catchUp(log);',
    replace: '      if (this.#state.head.sequence === 0) this.#catchUp(log);',
    tests: ['test/dp/ledger-durability.test.ts'],
  },
  {
    name: 'a crash before the commit refunds the charge',
    file: 'dp/ledger-state.ts',
    find: 'this.spent.compose(entry.event);',
    replace: 'if (this.#committed > 0) this.spent.compose(entry.event);',
    tests: ['test/dp/ledger-durability.test.ts'],
  },
  {
    name: 'the budget is not looked at',
    file: 'dp/ledger.ts',
    find: "if (entry.type === 'reserve') this.#checkBudget(entry);",
    replace: '',
    tests: ['test/participant/privatise.test.ts'],
  },
  {
    name: 'the hash chain is not verified',
    file: 'dp/ledger-entry.ts',
    find: 'if (row.hash !== chainHash(head, row.entry))',
    replace: 'if (row.hash.length !== 64)',
    tests: ['test/dp/ledger.test.ts'],
  },
  {
    name: 'rows can be deleted',
    file: 'participant/ledger-store.ts',
    find: 'BEFORE DELETE ON ledger',
    replace: 'BEFORE DELETE ON ledger WHEN 0',
    tests: ['test/dp/ledger-store.test.ts'],
  },
  {
    name: 'one ledger for both units of privacy',
    file: 'dp/ledger.ts',
    find: 'canonicalJson([terms.hospital, terms.dataset, terms.unit])',
    replace: 'canonicalJson([terms.hospital, terms.dataset])',
    tests: ['test/dp/ledger-durability.test.ts'],
  },
  {
    name: 'sent before it is committed',
    file: 'participant/runtime.ts',
    find: `        ledger.commit(effect.reservation);
        hooks?.beforeSend?.('R2', effect.attempt);
        this.#client.sendVector(effect.attempt, effect.masked).catch(this.#crash);
`,
    replace: `        hooks?.beforeSend?.('R2', effect.attempt);
        this.#client.sendVector(effect.attempt, effect.masked).catch(this.#crash);
        ledger.commit(effect.reservation);
`,
    tests: ['test/participant/runtime.test.ts'],
  },
];

const SESSION: readonly Mutant[] = [
  {
    name: 'a sent update is kept for the next attempt',
    file: 'participant/session.ts',
    find: "return go({ at: 'masked', plan, member }, [",
    replace: 'return go({ ...phase, member }, [',
    tests: ['test/participant/session.test.ts'],
  },
  {
    name: 'an attempt can be joined again',
    file: 'participant/session.ts',
    find: 'if (memory !== undefined && !isLater(attempt, memory.last)) {',
    replace: 'if (memory === null) {',
    tests: ['test/participant/session.test.ts'],
  },
  {
    name: 'a kept update serves another question than it was made for',
    file: 'participant/session.ts',
    find: 'kept !== null && sameButAttempt(kept.plan, plan)',
    replace: 'kept !== null',
    tests: ['test/participant/session.test.ts'],
  },
];

const SECURE_AGGREGATION: readonly Mutant[] = [
  {
    name: 'masks off',
    file: 'secagg/keystream.ts',
    find: 'shard.add(piece, from, sign);',
    replace: 'shard.add(piece.fill(0), from, sign);',
    tests: ['test/secagg/session.test.ts'],
  },
  {
    name: 'any number of participants will do',
    file: 'secagg/member.ts',
    find: 'if (context.cohort.n < minimumRoster) {',
    replace: 'if (context.cohort.n < 1) {',
    tests: ['test/secagg/member-advertise.test.ts'],
  },
  {
    name: 'the coordinator may name other identity keys than the pinned ones',
    file: 'secagg/member.ts',
    find: 'if (pin === undefined || !sameBytes(pin, identityKey)) {',
    replace: 'if (pin === undefined) {',
    tests: ['test/secagg/member-advertise.test.ts'],
  },
  {
    name: 'signatures of advertisements are not verified',
    file: 'secagg/member-checks.ts',
    find: '!verifySignature(verifyKey, advertisementStatement(context.sid, entry), entry.signature)',
    replace: 'entry.signature.length !== 64',
    tests: ['test/secagg/member-advertise.test.ts'],
  },
  {
    name: 'both kinds of share are kept for every peer',
    file: 'secagg/member.ts',
    find: '      (survived ? shares.key : shares.seed).erase();\n',
    replace: '',
    tests: ['test/secagg/member-steps.test.ts'],
  },
];

/** Those that let somebody break secure aggregation, by what they would do: test/secagg/attacks. */
export const ATTACKS: readonly Attack[] = [...ON_SETS, ...ON_SESSIONS, ...BY_MEMBERS];

export const MUTANTS: readonly Mutant[] = [
  ...NOISE,
  ...CLIPPING,
  ...ACCOUNTING,
  ...LEDGER,
  ...SESSION,
  ...SECURE_AGGREGATION,
  ...ATTACKS.flatMap(({ mutants }) => mutants),
];
