/**
 * The hospital's session machine, rule 1.4 above all: what was sent is spent, what was not may be carried
 * over to the very same question only, and no attempt is joined twice.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { type Inbound, type SessionEffect, step } from '../../participant/session.ts';
import type { InstructionBody } from '../../proto/messages.ts';
import type { RoundPlan } from '../../proto/plan.ts';
import { jobId } from '../../proto/vocabulary.ts';
import { at, flipped, idAt, nth, type PlanOverrides, testConsortium, testPlan } from '../secagg/support.ts';
import { Attempt, environmentOf, policy, updateOf, Ward } from './sessions.ts';

const BASE: PlanOverrides = { privacy: { noiseMultiplier: 4 } };
const consortium = testConsortium(5, BASE);
const self = idAt(0);

/** The base plan with some fields changed. */
function planWith(change: PlanOverrides = {}): RoundPlan {
  return testPlan(5, { ...change, privacy: { ...BASE.privacy, ...change.privacy } });
}

let wards: Map<typeof self, Ward>;
let ward: Ward;
beforeEach(() => {
  wards = new Map(consortium.ids.map((id) => [id, new Ward(environmentOf(consortium, id))]));
  ward = at(wards, self);
});

const attempt = (change: PlanOverrides = {}) => new Attempt(wards, planWith(change));
const types = (effects: readonly SessionEffect[]) => effects.map((effect) => effect.type);
const refusal = (effects: readonly SessionEffect[]) => {
  const last = effects.at(-1);
  return last?.type === 'refuse' ? last : expect.fail(`not refused but ${types(effects)}`);
};
const prepared = (effects: readonly SessionEffect[]) => {
  const last = effects.at(-1);
  return last?.type === 'prepare' ? last : expect.fail(`not preparing but ${types(effects)}`);
};

/** An attempt, led to where everybody has sent the answer of that stage. */
const LEAD = {
  R0: () => attempt().publish(),
  R1: () => attempt().publish().openThrough('R1'),
  R2: () => attempt().publish().openThrough('R2'),
  R3: () => attempt().publish().openThrough('R3'),
} as const;

/** The ways in which an attempt can end before its time. */
const ENDINGS: readonly [string, (id: Attempt['id']) => Inbound[]][] = [
  [
    'closed by the coordinator',
    (id) => [{ type: 'round-closed', attempt: id, failure: { code: 'QUORUM_LOST', reason: '' } }],
  ],
  ['closed as if it had succeeded', (id) => [{ type: 'round-closed', attempt: id, failure: null }]],
  ['cut off', () => [{ type: 'connection-lost' }]],
  [
    'cut off and closed',
    (id) => [{ type: 'connection-lost' }, { type: 'round-closed', attempt: id, failure: null }],
  ],
  ['replaced by the next plan', () => []],
];

it('a whole attempt: prepare, advertise, share, spend, attest, unmask, and nothing is kept', () => {
  LEAD.R3().openThrough('R4');
  expect(types(ward.effects)).toEqual([
    ...['prepare', 'send', 'send', 'erase', 'spend-and-send', 'send', 'send'],
  ]);
  const sent = ward.effects.flatMap((effect) => (effect.type === 'send' ? [effect.body.stage] : []));
  expect(sent).toEqual(['R0', 'R1', 'R3', 'R4']);
  const [erased, spent] = ward.effects.slice(3, 5);
  if (erased?.type !== 'erase' || spent?.type !== 'spend-and-send') return expect.fail('the order changed');
  expect(spent.reservation).toBe(erased.update.reservation);
  expect(spent.masked).not.toEqual(erased.update.vector);
  expect(spent.masked.buffer).not.toBe(erased.update.vector.buffer);
  expect(ward.state.phase).toEqual({ at: 'idle', kept: null });
});

describe.each(ENDINGS)('an attempt that is %s', (_, ending) => {
  it.each(['R2', 'R3'] as const)('after %s was sent: the next one needs a fresh update', (stage) => {
    const first = LEAD[stage]();
    for (const inbound of ending(first.id)) expect(ward.feed(inbound)).toEqual([]);
    const effects = ward.feed({ type: 'plan', plan: planWith({ attempt: 2 }) });
    expect(effects).toEqual([{ type: 'prepare', plan: planWith({ attempt: 2 }), kept: null }]);
  });

  it.each(['R0', 'R1'] as const)(
    'after %s: the next one with the same plan carries the same update',
    (stage) => {
      const first = LEAD[stage]();
      for (const inbound of ending(first.id)) expect(ward.feed(inbound)).toEqual([]);
      const { kept } = prepared(ward.feed({ type: 'plan', plan: planWith({ attempt: 2 }) }));
      expect(kept?.reservation).toBe(`of ${self}`);
      expect(kept?.vector[0]).toBe(1000);
      // It is carried, not copied: a third attempt finds nothing left of it.
      ward.feed({ type: 'connection-lost' });
      expect(prepared(ward.feed({ type: 'plan', plan: planWith({ attempt: 3 }) })).kept).toBeNull();
    },
  );
});

describe.each(['R0', 'R1'] as const)('an update that was kept after %s', (stage) => {
  const carried = (change: PlanOverrides) => {
    const { id } = LEAD[stage]();
    ward.feed({ type: 'round-closed', attempt: id, failure: null });
    return ward.feed({ type: 'plan', plan: planWith(change) });
  };

  it.each<[string, PlanOverrides]>([
    ['another round', { round: 2 }],
    ['another model', { attempt: 2, model: { hash: flipped(new Uint8Array(32)) } }],
    ['another job', { job: jobId('other') }],
  ])('is erased when the next plan is of %s', (_, change) => {
    const effects = carried(change);
    expect(types(effects)).toEqual(['erase', 'prepare']);
    expect(nth(effects, 0)).toMatchObject({ update: { reservation: `of ${self}` } });
    expect(prepared(effects).kept).toBeNull();
  });

  it.each<[string, PlanOverrides]>([
    ['strategy', { strategy: 'other' }],
    ['encoder', { model: { encoder: 'test/2' } }],
    ['dimension', { model: { dimension: 9 } }],
    ['clip', { privacy: { clip: 2 } }],
    ['noise', { privacy: { noiseMultiplier: 5 } }],
    ['sampling rate', { privacy: { sampleRate: 0.05 } }],
    ['δ', { privacy: { delta: 1e-6 } }],
    ['ε', { privacy: { epsilon: 2 } }],
    ['rounds', { training: { rounds: 11 } }],
    ['spare attempts', { training: { spareAttempts: 3 } }],
    ['batch', { training: { expectedBatch: 101 } }],
    ['learning rate', { training: { localLearningRate: 0.2 } }],
    ['allowance for drops', { cohort: { maxDropouts: 0 } }],
    ['roster', { cohort: { roster: planWith().cohort.roster.slice(0, 4), maxDropouts: 0 } }],
    ['deadlines', { deadlines: { trainMs: 1, stageMs: 1 } }],
  ])('is erased, and the plan refused, when the job’s %s changed', (_, change) => {
    const effects = carried({ attempt: 2, ...change });
    expect(types(effects)).toEqual(['erase', 'refuse']);
    expect(refusal(effects).failure.code).toMatch(/^(POLICY_REFUSED|PROTOCOL_VIOLATION)$/);
    expect(ward.state.phase).toEqual({ at: 'idle', kept: null });
  });
});

describe('an attempt', () => {
  it.each<[string, PlanOverrides]>([
    ['the same again', { round: 2, attempt: 2 }],
    ['an earlier one', { round: 2, attempt: 1 }],
    ['one of an earlier round', { round: 1, attempt: 9 }],
  ])('is joined once and in order: %s is refused, whatever came in between', (_, change) => {
    const expectSpent = () => {
      const { failure, attempt: id } = refusal(ward.feed({ type: 'plan', plan: planWith(change) }));
      expect(failure.code).toBe('ALREADY_SPENT');
      expect(failure.reason).toMatch(/is not later than test-job\/2\.2: an attempt is joined once/);
      expect(id).toMatchObject(change);
    };
    ward.feed({ type: 'plan', plan: planWith({ round: 2, attempt: 2 }) });
    expectSpent();
    ward.feed({ type: 'connection-lost' });
    expectSpent();
    // A job in between must not make this machine forget.
    ward.feed({ type: 'plan', plan: planWith({ job: jobId('other') }) });
    expectSpent();
  });

  it('that is refused for being old does not disturb the one at hand', () => {
    LEAD.R1();
    const before = ward.state;
    ward.feed({ type: 'plan', plan: planWith() });
    expect(ward.state).toEqual(before);
  });

  it('that was refused is not to be asked again either', () => {
    const environment = { ...environmentOf(consortium, self), policy: { ...policy, threats: ['other'] } };
    const strict = new Ward(environment);
    expect(refusal(strict.feed({ type: 'plan', plan: planWith() })).failure.code).toBe('POLICY_REFUSED');
    expect(refusal(strict.feed({ type: 'plan', plan: planWith() })).failure.code).toBe('ALREADY_SPENT');
  });

  it('may come again under the name of another job', () => {
    ward.feed({ type: 'plan', plan: planWith() });
    expect(types(ward.feed({ type: 'plan', plan: planWith({ job: jobId('other') }) }))).toEqual(['prepare']);
  });
});

describe('a job’s constants', () => {
  const changed: PlanOverrides = { round: 2, privacy: { noiseMultiplier: 5 } };

  it('are those of its first plan', () => {
    ward.feed({ type: 'plan', plan: planWith() });
    const { failure } = refusal(ward.feed({ type: 'plan', plan: planWith(changed) }));
    expect(failure.code).toBe('POLICY_REFUSED');
    expect(failure.reason).toMatch(/"test-job" changed its constants in round 2.*Start a new job/);
    expect(types(ward.feed({ type: 'plan', plan: planWith({ round: 3 }) }))).toEqual(['prepare']);
  });

  it('are remembered while another job runs', () => {
    ward.feed({ type: 'plan', plan: planWith() });
    ward.feed({ type: 'plan', plan: planWith({ job: jobId('other') }) });
    const { failure } = refusal(ward.feed({ type: 'plan', plan: planWith(changed) }));
    expect(failure.reason).toMatch(/changed its constants/);
  });

  it('are not fixed by a plan that was refused, nor by one of another job', () => {
    const tooMuch = planWith({ privacy: { sampleRate: 0.9, epsilon: 3, noiseMultiplier: 40 } });
    expect(refusal(ward.feed({ type: 'plan', plan: tooMuch })).failure.reason).toMatch(/maxSampleRate/);
    ward.feed({ type: 'plan', plan: planWith({ job: jobId('other'), training: { rounds: 5 } }) });
    expect(types(ward.feed({ type: 'plan', plan: planWith({ round: 2 }) }))).toEqual(['prepare']);
  });
});

describe('a plan is refused', () => {
  it('when the site policy forbids it', () => {
    const { failure } = refusal(ward.feed({ type: 'plan', plan: planWith({ model: { threat: 'other' } }) }));
    expect(failure).toMatchObject({ code: 'POLICY_REFUSED', reason: expect.stringMatching(/by threats/) });
  });

  it('when its roster has a key that this hospital does not pin', () => {
    const { roster } = planWith().cohort;
    const invented = roster.map((entry, i) =>
      i === 3 ? { ...entry, identityKey: flipped(entry.identityKey) } : entry,
    );
    const { failure } = refusal(
      ward.feed({ type: 'plan', plan: planWith({ cohort: { roster: invented } }) }),
    );
    expect(failure).toMatchObject({ code: 'PROTOCOL_VIOLATION', reason: expect.stringMatching(/pins/) });
  });

  it('when this hospital is not on its roster', () => {
    const roster = planWith().cohort.roster.map((entry, i) => (i === 0 ? { ...entry, id: idAt(-1) } : entry));
    const { pinned, ...environment } = environmentOf(consortium, self);
    const pins = new Map(pinned).set(idAt(-1), nth(roster, 0).identityKey);
    const stranger = new Ward({ ...environment, pinned: pins });
    const { failure } = refusal(stranger.feed({ type: 'plan', plan: planWith({ cohort: { roster } }) }));
    expect(failure.reason).toMatch(`"${self}" is not on the roster`);
  });

  it('by its number of hospitals as the policy says, not by a floor of its own', () => {
    const three = testConsortium(3, { ...BASE, cohort: { maxDropouts: 0 } });
    const environment = environmentOf(three, self);
    for (const [minHospitals, expected] of [
      [4, 'refuse'],
      [3, 'prepare'],
    ] as const) {
      const lenient = new Ward({ ...environment, policy: { ...policy, minColluders: 0, minHospitals } });
      expect(types(lenient.feed({ type: 'plan', plan: three.plan }))).toEqual([expected]);
    }
  });
});

describe('a coordinator that breaks the protocol gets no second try with the same update', () => {
  const expectErased = (effects: readonly SessionEffect[], what: string) => {
    expect(types(effects)).toEqual(['erase', 'refuse']);
    expect(nth(effects, 0)).toMatchObject({ update: { reservation: `of ${self}` } });
    expect(refusal(effects).failure).toMatchObject({
      code: 'PROTOCOL_VIOLATION',
      reason: expect.stringContaining(what),
    });
    expect(prepared(ward.feed({ type: 'plan', plan: planWith({ attempt: 2 }) })).kept).toBeNull();
  };

  it('after a U1 that lacks this hospital', () => {
    const { body, ...rest } = LEAD.R0().close('R1')(self);
    if (body.opens !== 'R1') return expect.fail();
    const u1 = body.u1.filter(({ from }) => from !== self);
    expectErased(ward.feed({ ...rest, body: { opens: 'R1', u1 } }), `U1 lacks "${self}"`);
  });

  it('after an inbox that is not its own', () => {
    const instruction = LEAD.R1().close('R2');
    expectErased(ward.feed(instruction(idAt(1))), `An envelope for "${idAt(1)}" came to "${self}"`);
  });
});

describe('a stage opens once, in order', () => {
  /** What opens each stage, as an honest coordinator would have it in the attempt at hand. */
  const openers = (): Record<InstructionBody['opens'], Inbound> => {
    const other = new Map(consortium.ids.map((id) => [id, new Ward(environmentOf(consortium, id, 'other'))]));
    const run = new Attempt(other, planWith()).publish();
    const opener = (stage: InstructionBody['opens']) => {
      const instruction = run.close(stage);
      for (const [id, peer] of other) peer.feed(instruction(id));
      return instruction(self);
    };
    return { R1: opener('R1'), R2: opener('R2'), R3: opener('R3'), R4: opener('R4') };
  };
  const preparing = () => {
    ward.feed({ type: 'plan', plan: planWith() });
  };

  it.each([
    ['preparing', preparing, ['R1', 'R2', 'R3', 'R4']],
    ['advertised', LEAD.R0, ['R2', 'R3', 'R4']],
    ['shared', LEAD.R1, ['R1', 'R3', 'R4']],
    ['masked', LEAD.R2, ['R1', 'R2', 'R4']],
    ['attested', LEAD.R3, ['R1', 'R2', 'R3']],
  ] as const)(
    'a hospital that is %s refuses every other stage, and the attempt is over for it',
    (phase, lead, stages) => {
      const all = openers();
      for (const stage of stages) {
        wards = new Map(consortium.ids.map((id) => [id, new Ward(environmentOf(consortium, id))]));
        ward = at(wards, self);
        lead();
        expect(ward.state.phase.at).toBe(phase);
        const { failure } = refusal(ward.feed(all[stage]));
        expect(failure.code).toBe('PROTOCOL_VIOLATION');
        expect(failure.reason).toMatch(
          `opened ${stage} while this hospital is ${phase}: each stage opens once`,
        );
        expect(ward.state.phase).toEqual({ at: 'idle', kept: null });
      }
    },
  );

  it('after the attempt nothing opens any more', () => {
    LEAD.R3().openThrough('R4');
    for (const instruction of Object.values(openers())) expect(ward.feed(instruction)).toEqual([]);
  });

  it('what belongs to another attempt is ignored, opening and closing alike', () => {
    const next = LEAD.R0().close('R1')(self);
    const before = ward.state;
    const other = { ...next.attempt, attempt: 2 };
    expect(ward.feed({ ...next, attempt: other })).toEqual([]);
    expect(ward.feed({ type: 'round-closed', attempt: other, failure: null })).toEqual([]);
    expect(ward.state).toBe(before);
    expect(types(ward.feed(next))).toEqual(['send']);
  });
});

describe('an update', () => {
  const id = new Attempt(new Map(), planWith()).id;
  const update = updateOf('late', new Int32Array(8));

  it('that comes when its attempt was given up is erased and never used', () => {
    ward.feed({ type: 'plan', plan: planWith() });
    ward.feed({ type: 'round-closed', attempt: id, failure: null });
    expect(ward.feed({ type: 'prepared', attempt: id, update })).toEqual([{ type: 'erase', update }]);
    ward.feed({ type: 'plan', plan: planWith({ attempt: 2 }) });
    expect(ward.feed({ type: 'prepared', attempt: id, update })).toEqual([{ type: 'erase', update }]);
    expect(ward.state.phase.at).toBe('preparing');
  });

  it('that comes twice is erased the second time', () => {
    ward.feed({ type: 'plan', plan: planWith() });
    ward.feed({ type: 'prepared', attempt: id, update: updateOf('first', new Int32Array(8)) });
    expect(ward.feed({ type: 'prepared', attempt: id, update })).toEqual([{ type: 'erase', update }]);
  });

  it('that cannot be made is a refusal with its reason', () => {
    const failure = { code: 'BUDGET_EXHAUSTED', reason: 'No ε is left.' } as const;
    ward.feed({ type: 'plan', plan: planWith() });
    expect(ward.feed({ type: 'unprepared', attempt: id, failure })).toEqual([
      { type: 'refuse', attempt: id, failure },
    ]);
    expect(ward.feed({ type: 'unprepared', attempt: id, failure })).toEqual([]);
  });
});

it('a defect is thrown, not told to the coordinator', () => {
  const opened = LEAD.R0().close('R1')(self);
  const broken = { ...environmentOf(consortium, self), entropy: () => expect.fail('out of entropy') };
  expect(() => step(ward.state, opened, broken)).toThrowError('out of entropy');
});
