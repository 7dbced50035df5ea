/** Vectors that come late, and shares that are wrong from the start. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AttemptGathering } from '../../../coordinator/round/gathering.ts';
import { splitVector } from '../../../proto/chunks.ts';
import type { StageBody } from '../../../proto/messages.ts';
import type { HospitalId } from '../../../proto/vocabulary.ts';
import { seal } from '../../../secagg/envelope.ts';
import { acceptMasked } from '../../../secagg/gatherer.ts';
import type { SealedShares } from '../../../secagg/messages.ts';
import { Secret } from '../../../secagg/secret.ts';
import { finish } from '../../../secagg/unmasking.ts';
import { type Answers, inboxesOf, Members } from '../members.ts';
import {
  at,
  expectRefused,
  idAt,
  nth,
  ringSum,
  runR0,
  runR1,
  runR2,
  runR3,
  runR4,
  testConsortium,
  testVectors,
} from '../support.ts';

const consortium = testConsortium(5);
const { ids, plan } = consortium;

/** A round with everybody's answers up to R4; `who` sends a vector. */
function play(
  members: Members,
  who: readonly HospitalId[],
  tamper: (shares: Answers<SealedShares>) => Answers<SealedShares> = (shares) => shares,
  between: (gathering: AttemptGathering) => void = () => {},
): AttemptGathering {
  const gathering = new AttemptGathering(plan, () => {});
  const send = <M>(answers: Answers<M>, body: (message: M) => StageBody) => {
    for (const [id, message] of answers) expect(gathering.accept(id, body(message))).toBe(true);
  };
  between(gathering);
  const advertisements = members.advertise(ids);
  send(advertisements, (message) => ({ stage: 'R0', message }));
  gathering.open('R1');
  between(gathering);
  const shares = tamper(members.share(ids, () => [...advertisements.values()]));
  send(shares, (message) => ({ stage: 'R1', message }));
  gathering.open('R2');
  const masked = members.mask(who, inboxesOf(shares, ids));
  send(masked, ({ vector }) => ({ stage: 'R2', chunk: nth([...splitVector(vector)], 0) }));
  gathering.open('R3');
  between(gathering);
  const attestations = members.attest(who, () => who);
  send(attestations, (message) => ({ stage: 'R3', message }));
  gathering.open('R4');
  between(gathering);
  const unmaskings = members.unmask(who, () => [...attestations.values()]);
  send(unmaskings, (message) => ({ stage: 'R4', message }));
  return gathering;
}

describe('a late vector', () => {
  const late = idAt(4);
  const others = ids.slice(0, 4);

  it('after unmasking is refused by every state there was, and is not in the sum', () => {
    const vectors = testVectors(consortium);
    const r1 = runR1(runR0(consortium));
    const { collecting } = runR4(runR3(runR2(r1, [late], vectors)));
    const { sum, contributors } = finish(collecting);
    const message = { from: late, vector: at(vectors, late) };
    for (const state of [r1.gathering, { ...r1.gathering }]) {
      expectRefused(() => acceptMasked(state, message), /is discarded/, 'DEADLINE_EXCEEDED');
    }
    expect(contributors).toEqual(others);
    expect(sum).toEqual(ringSum(vectors, others));
  });

  it('is refused in every stage but its own, and after the end', () => {
    const members = new Members(consortium);
    const [chunk = expect.fail()] = splitVector(at(members.vectors, late));
    const untimely = (gathering: AttemptGathering) =>
      expectRefused(
        () => gathering.accept(late, { stage: 'R2', chunk }),
        /R2 is not open/,
        'DEADLINE_EXCEEDED',
      );
    const gathering = play(members, others, undefined, untimely);
    expect(gathering.finish().sum).toEqual(ringSum(members.vectors, others));
    untimely(gathering);
  });
});

describe('a wrong share', () => {
  it('that a hospital has sealed about itself costs the round, and gives no other sum', () => {
    const members = new Members(consortium);
    const liar = idAt(0);
    const gathering = play(members, ids, (shares) => {
      const state = at(members.states, liar).at(-1);
      if (state?.at !== 'shared') return expect.fail('the liar has not shared');
      const { pairs, session, u1Hash } = state;
      const anything = () => new Secret(new Uint8Array(randomBytes(32)));
      const envelopes = [...pairs].map(([to, { sealing }]) => ({
        ...{ from: liar, to },
        ciphertext: seal({ seed: anything(), key: anything() }, sealing, {
          ...{ sid: session.context.sid, from: liar, to, u1Hash },
        }),
      }));
      return new Map(shares).set(liar, { from: liar, envelopes });
    });
    // Every envelope opened, and nothing shows until the shares are put together.
    expectRefused(
      () => gathering.finish(),
      /give back .* advertised: "hospital-001" \(5 shares\)/,
      'ROUND_ABORTED',
    );
  });
});
