/** A coordinator that mixes up keys, envelopes, rounds and hospitals. */
import type { Attack } from './attack.ts';

const STATEMENT = "lengthPrefixed(domain('advertisement'), sid, from, maskKey, sealKey, seedCommitment)";
const NONCE = "lengthPrefixed('share', sid, from, to, u1Hash)";

export const ON_SESSIONS: readonly Attack[] = [
  {
    attack: 'swapped public key',
    also: ['signatures of advertisements are not verified'],
    mutants: [
      {
        name: 'a member’s own advertisement may be changed in U1',
        file: 'secagg/member-checks.ts',
        find: 'if (!sameBytes(advertisementEntry(entry), advertisementEntry(own))) {',
        replace: 'if (entry === undefined) {',
        tests: ['test/secagg/attacks/keys.test.ts'],
      },
      {
        name: 'the mask key is not signed',
        file: 'secagg/transcript.ts',
        find: STATEMENT,
        replace: STATEMENT.replace('maskKey, ', ''),
        tests: ['test/secagg/attacks/keys.test.ts'],
      },
      {
        name: 'the seal key is not signed',
        file: 'secagg/transcript.ts',
        find: STATEMENT,
        replace: STATEMENT.replace('sealKey, ', ''),
        tests: ['test/secagg/attacks/keys.test.ts'],
      },
      {
        name: 'the gatherer relays advertisements that nobody signed',
        file: 'secagg/gatherer.ts',
        find: '!verifySignature(verifyKey, advertisementStatement(context.sid, message), signature)',
        replace: 'signature.length !== 64',
        tests: ['test/secagg/attacks/sessions.test.ts'],
      },
    ],
  },
  {
    attack: 'replayed session',
    also: ['an attempt can be joined again'],
    mutants: [
      {
        name: 'an advertisement holds in every session',
        file: 'secagg/transcript.ts',
        find: STATEMENT,
        replace: STATEMENT.replace('sid, ', ''),
        tests: ['test/secagg/attacks/sessions.test.ts'],
      },
      {
        name: 'a session id is opened twice',
        file: 'secagg/member-journal.ts',
        find: '  checkUnopened(keeping, session.context.sid);\n',
        replace: '',
        tests: ['test/secagg/journal-member.test.ts'],
      },
    ],
  },
  {
    attack: 'envelope moved to another sender, receiver or session',
    mutants: [
      {
        name: 'an envelope opens in another session',
        file: 'secagg/envelope.ts',
        find: NONCE,
        replace: NONCE.replace('sid, ', ''),
        tests: ['test/secagg/envelope.test.ts'],
      },
      {
        name: 'an envelope opens in the other direction',
        file: 'secagg/envelope.ts',
        find: NONCE,
        replace: NONCE.replace('from, to, ', ''),
        tests: ['test/secagg/attacks/sessions.test.ts'],
      },
      {
        name: 'an envelope opens under another U1',
        file: 'secagg/envelope.ts',
        find: NONCE,
        replace: NONCE.replace(', u1Hash', ''),
        tests: ['test/secagg/attacks/views.test.ts'],
      },
      {
        name: 'a member reads envelopes that are for another',
        file: 'secagg/member.ts',
        find: 'if (to !== self)',
        replace: 'if (to === undefined)',
        tests: ['test/secagg/member-mask.test.ts'],
      },
      {
        name: 'a member reads envelopes from outside U2',
        file: 'secagg/member.ts',
        find: 'if (pair === undefined || !u2.includes(from)) {',
        replace: 'if (pair === undefined) {',
        tests: ['test/secagg/member-mask.test.ts'],
      },
      {
        name: 'the gatherer relays envelopes in another’s name',
        file: 'secagg/gatherer.ts',
        find: 'if (envelope.from !== from)',
        replace: 'if (envelope.from === undefined)',
        tests: ['test/secagg/gatherer.test.ts'],
      },
    ],
  },
  {
    attack: 'model hash mismatch',
    also: [
      'signatures of advertisements are not verified',
      'the gatherer relays advertisements that nobody signed',
    ],
    mutants: [
      {
        name: 'the session does not depend on the model',
        file: 'secagg/transcript.ts',
        find: 'canonicalPlan(plan), rosterHash',
        replace: 'canonicalPlan({ ...plan, model: { ...plan.model, hash: new Uint8Array(32) } }), rosterHash',
        tests: ['test/secagg/attacks/sessions.test.ts'],
      },
      {
        name: 'a hospital trains on another model than the plan names',
        file: 'participant/client.ts',
        find: ' || !actual.equals(hash)',
        replace: '',
        tests: ['test/participant/client.test.ts'],
      },
    ],
  },
  {
    attack: 'a resend of a spent update under a new attempt',
    also: [
      'a sent update is kept for the next attempt',
      'a kept update serves another question than it was made for',
      'an attempt can be joined again',
    ],
    mutants: [],
  },
  {
    attack: 'an enrolled stranger who is not in the pinned identity list',
    also: ['the coordinator may name other identity keys than the pinned ones'],
    mutants: [
      {
        name: 'a hospital that nobody pinned may be on the roster',
        file: 'secagg/member.ts',
        find: 'if (pin === undefined || !sameBytes(pin, identityKey)) {',
        replace: 'if (pin !== undefined && !sameBytes(pin, identityKey)) {',
        tests: ['test/secagg/member-advertise.test.ts'],
      },
      {
        name: 'a hospital that is not on the roster may be in U1',
        file: 'secagg/member-checks.ts',
        find: "checkSet('U1', ids, (id) => context.seats.has(id),",
        replace: "checkSet('U1', ids, () => true,",
        tests: ['test/secagg/member-advertise.test.ts'],
      },
      {
        name: 'a hospital outside U3 attests',
        file: 'secagg/member-checks.ts',
        find: 'if (!u3.includes(from))',
        replace: 'if (from === undefined)',
        tests: ['test/secagg/member-mask.test.ts'],
      },
      {
        name: 'whoever has a certificate is let in',
        file: 'coordinator/server.ts',
        find: 'if (this.#options.roster.has(hospital)) return hospital;',
        replace: 'return hospital;',
        tests: ['test/coordinator/server.test.ts'],
      },
    ],
  },
];
