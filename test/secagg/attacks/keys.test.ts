/** Keys that are no keys, or somebody else's, on both sides of the relay. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { acceptAdvertisement, openGathering } from '../../../secagg/gatherer.ts';
import type { Advertisement } from '../../../secagg/messages.ts';
import { generateKeyPair } from '../../../secagg/x25519.ts';
import { inboxesOf, Members } from '../members.ts';
import { smallOrderCoordinates } from '../small-order.ts';
import { at, expectRefused, idAt, resigned, runR0, testConsortium } from '../support.ts';

const consortium = testConsortium(5);
const { plan, ids, identities } = consortium;
const attacker = idAt(4);

/**
 * Every 256-bit number that is a coordinate of small order in some implementation's eyes: taken as it is and
 * reduced mod p, or with its highest bit ignored as RFC 7748 §5 has it. Little-endian.
 */
function smallOrderEncodings(): Uint8Array[] {
  const PRIME = 2n ** 255n - 19n;
  const coordinates = smallOrderCoordinates();
  const whole = coordinates.flatMap((u) => [u, u + PRIME, u + 2n * PRIME]);
  const masked = coordinates
    .flatMap((u) => [u, u + PRIME])
    .filter((u) => u < 2n ** 255n)
    .map((u) => u + 2n ** 255n);
  const values = [...new Set([...whole, ...masked])].filter((u) => u < 2n ** 256n);
  return values.map((u) =>
    Uint8Array.from(Buffer.from(u.toString(16).padStart(64, '0'), 'hex')).toReversed(),
  );
}

describe('a low-order key', () => {
  const encodings = smallOrderEncodings();
  const refusal = / key\) (is a point of low order|is not in canonical form)/;
  const r0 = runR0(consortium);
  const cases = encodings.map((key) => [Buffer.from(key).toString('hex'), key] as const);

  it('has more encodings than coordinates', () => {
    expect(smallOrderCoordinates()).toHaveLength(5);
    expect(encodings).toHaveLength(19);
  });

  describe.each(['maskKey', 'sealKey'] as const)('as %s, signed by its owner', (field) => {
    const forge = (key: Uint8Array): Advertisement =>
      resigned(consortium, at(r0.messages, attacker), { [field]: key }, at(identities, attacker));

    it.each(cases)('%s is refused by the gatherer', (_, key) => {
      expectRefused(() => acceptAdvertisement(openGathering(plan), forge(key)), refusal);
    });

    it.each(cases)('%s is refused by every member that it is relayed to', (_, key) => {
      const honest = ids.filter((id) => id !== attacker);
      const members = new Members(consortium);
      const u1 = [...members.advertise(honest).values(), forge(key)];
      expect(members.share(honest, () => u1).size).toBe(0);
      for (const id of honest) expect(members.refusals.get(id)?.message).toMatch(refusal);
    });
  });
});

describe('a swapped public key', () => {
  const victim = idAt(0);
  const own = () => generateKeyPair(randomBytes).publicKey;

  it.each(['maskKey', 'sealKey', 'seedCommitment'] as const)(
    'that stands between one hospital and all others: no share is sealed under the %s of another',
    (field) => {
      const members = new Members(consortium);
      const u1 = [...members.advertise(ids).values()];
      const swapped = u1.map((entry) => (entry.from === victim ? { ...entry, [field]: own() } : entry));
      expect(members.share(ids, () => swapped).size).toBe(0);
      // The victim sees its own entry changed, the others a signature that is not the victim's.
      for (const id of ids) {
        expect(members.refusals.get(id)?.message).toMatch(
          id === victim ? /another advertisement of "hospital-001"/ : /"hospital-001" is not signed/,
        );
      }
    },
  );

  it('that its owner has signed is told to others than to itself: no share leaves', () => {
    // A hospital that signs twice and helps the coordinator to split the others.
    const members = new Members(consortium);
    const u1 = [...members.advertise(ids).values()];
    const twice = u1.map((entry) =>
      entry.from === attacker
        ? resigned(consortium, entry, { maskKey: own(), sealKey: own() }, at(identities, attacker))
        : entry,
    );
    const honest = ids.filter((id) => id !== attacker);
    const shares = members.share(honest, (id) => (id === victim ? u1 : twice));
    expect(shares.size).toBe(4);
    members.mask(honest, inboxesOf(shares, honest));
    const attestations = [...members.attest(honest, () => honest).values()];
    expect(attestations).toHaveLength(4);
    expect(members.unmask(honest, () => attestations).size).toBe(0);
  });
});
