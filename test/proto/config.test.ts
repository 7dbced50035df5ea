/** Configuration: every mistake is one sentence that names the key and the file. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { identityKeyFromBase64, identityKeys, parseConfig } from '../../proto/config.ts';
import { expectRefused, testIdentity } from '../secagg/support.ts';

const schema = z.strictObject({
  hospital: z.string(),
  policy: z.strictObject({ maxEpsilon: z.number().positive().default(3), threats: z.array(z.string()) }),
});
const TEXT = 'hospital: north\npolicy:\n  threats: [mail]\n';
const read = (text = TEXT, overrides: readonly string[] = []) =>
  parseConfig(schema, text, 'hospital.yaml', overrides);

function expectInvalid(run: () => unknown, what: RegExp): void {
  expectRefused(run, what, 'CONFIG_INVALID');
}

describe('a configuration', () => {
  it('is read, with defaults', () => {
    expect(read()).toEqual({ hospital: 'north', policy: { maxEpsilon: 3, threats: ['mail'] } });
  });

  it.each([
    ['a wrong value by its path', 'hospital: 3\npolicy: { threats: [] }', /^hospital\.yaml .* hospital: /],
    ['one deep inside', 'hospital: a\npolicy: { threats: [1] }', /policy\.threats\.0: /],
    ['a missing key', 'hospital: north', /policy: is missing/],
    ['a key that nobody knows', `${TEXT}typo: 1`, /the root: .*typo/],
    ['every problem at once', 'hospital: 3', /hospital: .*; policy: /],
    ['text that is not YAML', 'hospital: [', /^hospital\.yaml is not YAML: [^\n]*$/],
    ['a key twice', 'hospital: a\nhospital: b', /not YAML: .*unique/],
    ['nothing', '', /must hold keys and values, not one empty value/],
    ['a list', '- a', /must hold keys and values, not a list/],
    ['one word', 'north', /must hold keys and values, not one string/],
  ])('names %s', (_, text, what) => {
    expectInvalid(() => read(text), what);
  });
});

describe('an override', () => {
  it.each([
    ['policy.maxEpsilon=1.5', { policy: { maxEpsilon: 1.5, threats: ['mail'] } }],
    ['hospital=south', { hospital: 'south' }],
    ['policy.threats=[a, b]', { policy: { maxEpsilon: 3, threats: ['a', 'b'] } }],
    ['hospital=a=b', { hospital: 'a=b' }],
    ['hospital="7"', { hospital: '7' }],
  ])('%s: the value is YAML', (override, expected) => {
    expect(read(TEXT, [override])).toMatchObject(expected);
  });

  it('makes the way to its key, and the last one wins', () => {
    expect(read('hospital: north', ['policy.threats=[a]', 'policy.threats=[b]'])).toMatchObject({
      policy: { threats: ['b'] },
    });
  });

  it.each([
    ['hospital', /"-c hospital" must be key=value/],
    ['=3', /"-c =3" must be key=value/],
    ['policy.maxEpsilon=', /policy\.maxEpsilon: /],
    ['policy.maxEpsilon=[', /^"-c policy\.maxEpsilon=\[" is not YAML: /],
    ['policy.maxEpsilon.deeper=1', /policy\.maxEpsilon: /],
    ['polcy.maxEpsilon=1', /the root: .*polcy/],
  ])('%s is refused', (override, what) => {
    expectInvalid(() => read(TEXT, [override]), what);
  });

  it.each([
    ...['__proto__.polluted=1', 'constructor.prototype.polluted=1', 'policy.__proto__.polluted=1'],
    // A prototype would lend its keys to the policy without being seen.
    'policy.__proto__={maxEpsilon: 99}',
  ])('%s reaches nothing beyond the configuration', (override) => {
    expectInvalid(() => read(TEXT, [override]), /(__proto__|constructor)/);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('nor does such a key in the file', () => {
    expectInvalid(() => read(`${TEXT}__proto__: { polluted: 1 }\n`), /__proto__/);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('identity keys', () => {
  const key = testIdentity(0).publicKey;
  const text = Buffer.from(key).toString('base64');

  it('are 32 bytes in base64, with or without padding', () => {
    for (const spelling of [text, text.replace(/=$/, '')]) {
      expect(identityKeyFromBase64(spelling, 'north')).toEqual(new Uint8Array(key));
    }
    expect([...identityKeys({ north: text })]).toEqual([['north', new Uint8Array(key)]]);
  });

  it.each([
    ['31 bytes', Buffer.alloc(31).toString('base64')],
    ['nothing', ''],
    ['characters that base64 does not know', `${text.slice(0, 10)}!${text.slice(10)}`],
    ['a second spelling of the same bytes', `${'A'.repeat(42)}B=`],
    ['hex', Buffer.from(key).toString('hex')],
  ])('refuses %s', (_, spelling) => {
    expectInvalid(() => identityKeys({ north: spelling }), /identity key of "north" must be 32 bytes/);
  });
});
