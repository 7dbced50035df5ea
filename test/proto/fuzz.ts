/** Spoilt messages of every stage, on the wire and as objects, against codec, gatherer and member. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeFromHospital,
  decodeToHospital,
  encodeFromHospital,
  encodeToHospital,
} from '../../proto/codec.ts';
import { FedwardError } from '../../proto/errors.ts';
import type { InstructionBody, StageBody } from '../../proto/messages.ts';
import type { RoundPlan } from '../../proto/plan.ts';
import { INSTRUCTION_DONORS, PLAN_DONORS, STAGE_DONORS, sender } from '../secagg/fuzz-session.ts';
import {
  AT_A_MEMBER,
  AT_THE_GATHERER,
  type Outcome,
  PLAN,
  same,
  type Target,
} from '../secagg/fuzz-targets.ts';
import { attempt, wire } from './messages.ts';
import { spoiltBytes, spoiltFields } from './spoilt-bytes.ts';
import { spoiltObject } from './spoilt-object.ts';

/** `unparsed` by gRPC, refused by the codec, of another kind or attempt, or what the target says. */
type Fate = 'unparsed' | 'undecoded' | 'elsewhere' | Outcome;

interface Side<Body> {
  readonly name: string;
  readonly targets: readonly Target<Body>[];
  readonly donors: readonly Body[];
  write(body: Body): Buffer;
  /** Gives null for what a driver would not hand on. @throws whatever gRPC throws; FedwardError. */
  parse(bytes: Buffer): () => Body | null;
}

const GATHERER: Side<StageBody> = {
  name: 'from a hospital',
  targets: AT_THE_GATHERER,
  donors: STAGE_DONORS,
  write: (body) => wire.fromHospital.serialize(encodeFromHospital({ type: 'stage', attempt, body })),
  parse(bytes) {
    const output = wire.fromHospital.deserialize(bytes);
    return () => {
      const message = decodeFromHospital(output, sender);
      return message.type === 'stage' && same(message.attempt, attempt) ? message.body : null;
    };
  },
};

const MEMBER: Side<InstructionBody> = {
  name: 'to a hospital',
  targets: AT_A_MEMBER,
  donors: INSTRUCTION_DONORS,
  write: (body) => wire.toHospital.serialize(encodeToHospital({ type: 'instruction', attempt, body })),
  parse(bytes) {
    const output = wire.toHospital.deserialize(bytes);
    return () => {
      const message = decodeToHospital(output);
      return message.type === 'instruction' && same(message.attempt, attempt) ? message.body : null;
    };
  },
};

const BEFORE: Side<RoundPlan> = {
  name: 'to a hospital',
  targets: [PLAN],
  donors: PLAN_DONORS,
  write: (plan) => wire.toHospital.serialize(encodeToHospital({ type: 'plan', plan })),
  parse(bytes) {
    const output = wire.toHospital.deserialize(bytes);
    return () => {
      const message = decodeToHospital(output);
      return message.type === 'plan' ? message.plan : null;
    };
  },
};

function fateOf<Body>(side: Side<Body>, target: Target<Body>, bytes: Buffer): Fate {
  let decode: () => Body | null;
  try {
    decode = side.parse(bytes);
  } catch {
    // gRPC ends the call: test/coordinator/server.test.ts.
    return 'unparsed';
  }
  let body: Body | null;
  try {
    body = decode();
  } catch (error) {
    expect(error).toBeInstanceOf(FedwardError);
    return 'undecoded';
  }
  if (body === null) return 'elsewhere';
  // Whatever was let in means one thing only: written anew it reads the same.
  expect(same(side.parse(side.write(body))(), body)).toBe(true);
  return target.feed(body);
}

/**
 * Three tests for each target, of `runs` messages each.
 * @param seed of fast-check; chosen by it when undefined, and printed with every failure.
 */
export function fuzz(runs: number, seed: number | undefined): void {
  const parameters = { numRuns: runs, ...(seed === undefined ? {} : { seed }) };
  const reached = new Set<Fate>();

  function fuzzSide<Body extends object>(side: Side<Body>): void {
    const donors = side.donors.map(side.write);
    describe.each(side.targets)(`${side.name}: $name`, (target) => {
      /** @param fates some message of each must be among them, else they would not have come as far as they should. */
      const expectFates = <T>(
        inputs: fc.Arbitrary<T>,
        fateOfOne: (input: T) => Fate,
        fates: readonly Fate[],
      ): void => {
        const seen = new Set<Fate>();
        fc.assert(
          fc.property(inputs, (input) => void seen.add(fateOfOne(input))),
          parameters,
        );
        expect([...seen]).toEqual(expect.arrayContaining([...fates]));
        for (const fate of seen) reached.add(fate);
      };
      const honest = side.write(target.honest);
      const onTheWire = (bytes: Buffer) => fateOf(side, target, bytes);

      it('bytes', () => expectFates(spoiltBytes(honest, donors), onTheWire, ['unparsed', 'undecoded']));

      it('fields', () => expectFates(spoiltFields(honest, donors), onTheWire, ['undecoded', 'as sent']));

      it('objects, as if there were no codec', () =>
        expectFates(spoiltObject(target.honest, side.donors), target.feed, ['refused', 'as sent']));
    });
  }

  fuzzSide(GATHERER);
  fuzzSide(MEMBER);
  fuzzSide(BEFORE);

  it('and together they come to every end there is', () => {
    const ends: readonly Fate[] = ['unparsed', 'undecoded', 'elsewhere', 'refused', 'as sent', 'otherwise'];
    expect([...reached].sort()).toEqual([...ends].sort());
  });
}
