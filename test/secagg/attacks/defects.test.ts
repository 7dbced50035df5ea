/** Defects that the attacks brought to light; mended, and here so that they stay so. */
import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { decodeFromHospital } from '../../../proto/codec.ts';
import { closeMasked } from '../../../secagg/gatherer.ts';
import { split } from '../../../secagg/shamir.ts';
import { finish, recover } from '../../../secagg/unmasking.ts';
import { attempt, wire } from '../../proto/messages.ts';
import { sender } from '../fuzz-session.ts';
import { AT_THE_GATHERER } from '../fuzz-targets.ts';
import { expectRefused, runR0, runR1, runR2, runR3, runR4, testConsortium } from '../support.ts';

// Accumulator.close() once put a released sum back to 'closed'.
it('a sum is released once, even if its stage is closed again through an old state', () => {
  const r1 = runR1(runR0(testConsortium(5)));
  const { collecting } = runR4(runR3(runR2(r1)));
  finish(collecting);
  try {
    closeMasked(r1.gathering);
  } catch {
    // As good: then nothing has changed.
  }
  expectRefused(() => finish(collecting), /released already/, 'ALREADY_SPENT');
});

// Trying subsets in lexicographic order, at most a thousand of them, gave two liars of a hundred a veto.
it('two liars among a hundred cost nothing but their shares, with 98 honest and 75 needed', () => {
  const secret = new Uint8Array(randomBytes(32));
  const shares = split(secret, 100, 75, randomBytes).map(({ x, bytes }) => ({
    x,
    bytes: x === 70 || x === 71 ? new Uint8Array(randomBytes(32)) : bytes,
  }));
  const fits = (candidate: Uint8Array) => Buffer.compare(candidate, secret) === 0;
  expect(recover(shares, 75, fits)?.expose()).toEqual(secret);
});

// protobuf.js takes the body of the greatest field number where protobuf takes the last, so a member in another
// language may read another message.
it('a message with two bodies is refused', () => {
  const [advertisement, attestation] = [AT_THE_GATHERER[0], AT_THE_GATHERER[3]].map(
    (target) => target?.honest,
  );
  if (advertisement?.stage !== 'R0' || attestation?.stage !== 'R3')
    throw new Error('the targets have changed');
  const stage = { attempt, advertisement: advertisement.message, attestation: attestation.message };
  const bytes = wire.fromHospital.serialize({ stage });
  expectRefused(() => decodeFromHospital(wire.fromHospital.deserialize(bytes), sender), /stage.body/);
});
