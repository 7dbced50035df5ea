/** Plans that a member opens no session for, and plans whose canonical bytes are written down. */
import { canonicalPlan, parseRoundPlan, type RoundPlan } from '../../proto/plan.ts';
import { type HospitalId, hospitalId } from '../../proto/vocabulary.ts';
import { neighboursOf } from '../../secagg/graph.ts';
import { sessionId } from '../../secagg/transcript.ts';
import { conformancePlan, fixed, identityOf, STRANGER, sha256 } from './consortium.ts';
import { GENERATED, rosterHash } from './session-vectors.ts';
import type { GraphVectors, PlanVectors, TamperedVectors } from './vectors.ts';
import { toHex, toHospitalToHex } from './wire.ts';

type Roster = RoundPlan['cohort']['roster'];

/** The codec writes whatever it is given; its reader is the one that refuses. */
function refusedPlan(
  name: string,
  plan: RoundPlan,
  member: HospitalId = hospitalId('alder'),
): TamperedVectors['plans'][number] {
  return { name, member, bytes: toHospitalToHex({ type: 'plan', plan }), code: 'PROTOCOL_VIOLATION' };
}

export function refusedPlans(plan: RoundPlan): TamperedVectors['plans'] {
  const { roster } = plan.cohort;
  const cohort = (change: Partial<RoundPlan['cohort']>) => ({
    ...plan,
    cohort: { ...plan.cohort, ...change },
  });
  const entryOf = (id: HospitalId) => ({ id, identityKey: identityOf(id).publicKey });
  const withKey = (index: number, identityKey: Uint8Array): Roster =>
    roster.map((entry, i) => (i === index ? { ...entry, identityKey } : entry));
  return [
    refusedPlan(
      'the identity key of birch is not the pinned one',
      cohort({ roster: withKey(1, identityOf(STRANGER).publicKey) }),
    ),
    refusedPlan(
      'the roster holds fir, which nobody pins',
      cohort({ roster: [...roster.slice(0, 4), entryOf(STRANGER)] }),
    ),
    refusedPlan('fir is not on the roster', plan, STRANGER),
    refusedPlan('the roster has four hospitals', cohort({ roster: roster.slice(0, 4), maxDropouts: 1 })),
    refusedPlan('the roster is out of order', cohort({ roster: roster.toReversed() })),
    refusedPlan(
      'the roster holds birch twice',
      cohort({ roster: roster.map((entry, i) => (i === 2 ? (roster[1] ?? entry) : entry)) }),
    ),
    refusedPlan(
      'two hospitals have one identity key',
      cohort({ roster: withKey(1, identityOf(hospitalId('elm')).publicKey) }),
    ),
    refusedPlan('2t = n + c: two unmaskings could each find t helpers', cohort({ maxColluders: 1 })),
    refusedPlan('t below n/2', cohort({ maxDropouts: 3 })),
    refusedPlan('h = t − c is below 2', cohort({ maxDropouts: 0, maxColluders: 4 })),
    refusedPlan('a graph for five hospitals', cohort({ graph: { degree: 4, threshold: 3 } })),
    refusedPlan('no parameters', { ...plan, model: { ...plan.model, dimension: 0 } }),
    refusedPlan('a model hash of 31 bytes', {
      ...plan,
      model: { ...plan.model, hash: plan.model.hash.subarray(1) },
    }),
    refusedPlan('another protocol', { ...plan, protocol: 'fedward-secagg/2' as RoundPlan['protocol'] }),
    refusedPlan('round 0', { ...plan, round: 0 }),
    refusedPlan('noise without a budget', { ...plan, privacy: { ...plan.privacy, epsilon: null } }),
  ];
}

export function planVectors(): PlanVectors {
  const plan = conformancePlan();
  const without = parseRoundPlan({
    ...plan,
    privacy: { ...plan.privacy, mode: 'none', noiseMultiplier: 0, epsilon: null },
  });
  const cases: [string, RoundPlan][] = [
    ['mode distributed', plan],
    ['mode none: no noise and no epsilon', without],
    ['a graph for 101 hospitals', largePlan(plan)],
  ];
  return {
    source: GENERATED,
    cases: cases.map(([name, each]) => ({
      name,
      bytes: toHospitalToHex({ type: 'plan', plan: each }),
      canonical: toHex(canonicalPlan(each)),
      rosterHash: toHex(rosterHash(each)),
      sid: toHex(sessionId(each)),
    })),
  };
}

function largePlan(plan: RoundPlan): RoundPlan {
  const roster = Array.from({ length: 101 }, (_, i) => {
    const id = `h${String(i + 1).padStart(3, '0')}`;
    return { id, identityKey: sha256(`identity key of ${id}`) };
  });
  return parseRoundPlan({
    ...plan,
    cohort: { roster, maxDropouts: 25, maxColluders: 20, graph: { degree: 60, threshold: 31 } },
  });
}

export function graphVectors(): GraphVectors {
  const cases = [
    { n: 7, degree: 2 },
    { n: 12, degree: 6 },
  ];
  return {
    source: GENERATED,
    cases: cases.map(({ n, degree }) => {
      const sid = fixed(`graph of ${n}`, 32);
      return { sid: toHex(sid), n, degree, neighbours: neighboursOf(sid, n, degree) };
    }),
  };
}
