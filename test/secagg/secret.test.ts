import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { draw, Secret } from '../../secagg/secret.ts';
import { at, idAt, runR0, runR1, runR2, runR3, testConsortium } from './support.ts';

const bytes = () => Uint8Array.of(0xde, 0xad, 0xbe, 0xef);

describe('Secret', () => {
  it('prints as [secret], however it is printed', () => {
    const secret = new Secret(bytes());
    expect(inspect(secret)).toBe('[secret]');
    expect(inspect({ nested: [secret] }, { depth: 9, showHidden: true })).toBe(
      '{ nested: [ [secret], [length]: 1 ] }',
    );
    expect(JSON.stringify({ secret })).toBe('{"secret":"[secret]"}');
    expect(`${secret}`).toBe('[secret]');
    expect(Object.keys(secret)).toEqual([]);
  });

  it('is zeroed and refused after erase', () => {
    const buffer = bytes();
    const secret = new Secret(buffer);
    expect(secret.expose()).toBe(buffer);
    secret.erase();
    secret.erase();
    expect(buffer).toEqual(new Uint8Array(4));
    expect(() => secret.expose()).toThrowError(expect.objectContaining({ code: 'ALREADY_SPENT' }));
  });

  it('refuses entropy that gives more or fewer bytes than asked', () => {
    for (const given of [0, 31, 33]) {
      expect(() => draw(() => new Uint8Array(given), 32)).toThrowError(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    }
  });
});

describe('a member state', () => {
  it('shows no secret when it is printed or serialised', () => {
    const self = idAt(0);
    const kept: Uint8Array[][] = [];
    const keep = (secrets: Secret[]) => kept.push(secrets.map((secret) => secret.expose().slice()));

    const r0 = runR0(testConsortium(5));
    const advertised = at(r0.members, self);
    keep([advertised.seed, advertised.maskKey.secret, advertised.sealKey.secret]);
    const shown = [printed(advertised)];
    const r1 = runR1(r0);
    const shared = at(r1.members, self);
    const pairs = [...shared.pairs.values()].flatMap(({ sealing, mask }) => [sealing, mask]);
    const own = shared.ownShares === null ? [] : [shared.ownShares.seed, shared.ownShares.key];
    keep([shared.selfMask, ...own, ...pairs]);
    shown.push(printed(shared));
    const r2 = runR2(r1);
    const masked = at(r2.members, self);
    keep([...masked.held.values()].flatMap(({ seed, key }) => [seed, key]));
    shown.push(printed(masked));
    const attested = at(runR3(r2).members, self);
    keep(attested.answers.map(({ share }) => share));
    shown.push(printed(attested));

    expect(kept.map((secrets) => secrets.length)).toEqual([3, 11, 10, 5]);
    for (const text of shown) {
      expect(text).toContain('[secret]');
      for (const secret of kept.flat()) {
        for (const form of forms(secret)) expect(text).not.toContain(form);
      }
    }
    // The forms are those in which a public value of the same state does show.
    for (const form of forms(advertised.own.maskKey)) expect(shown[0]).toContain(form);
  });
});

function printed(state: unknown): string {
  const options = {
    depth: 20,
    showHidden: true,
    maxArrayLength: null,
    breakLength: Number.POSITIVE_INFINITY,
  };
  return `${inspect(state, options)} ${JSON.stringify(state)}`;
}

/** How a Buffer shows: its bytes in hex (inspect) and in decimal (JSON). */
function forms(bytes: Uint8Array): string[] {
  return [
    Buffer.from(bytes)
      .toString('hex')
      .replaceAll(/(..)(?!$)/g, '$1 '),
    [...bytes].join(','),
  ];
}
