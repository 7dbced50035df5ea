/** A coordinator that lies about who is there, what was said and which round it is. */
import type { Attack } from './attack.ts';

const STATEMENT =
  "lengthPrefixed(domain('advertisement'), sid, from, maskKey, sealKey, seedCommitment)";
const NONCE = "lengthPrefixed('share', sid, from, to, u1Hash)";

export const OF_THE_COORDINATOR: readonly Attack[] = [
  {
    attack: 'overlapping survivor and dropped lists',
    also: ['both kinds of share are kept for every peer'],
    mutants: [
      {
        name: 'a survivor’s key share is handed out beside its seed share',
        file: 'secagg/member.ts',
        find: '(survived ? shares.key : shares.seed).erase();',
        replace: "if (survived) answers.push({ peer, kind: 'key', share: shares.key });",
        tests: ['test/secagg/attacks/views.test.ts'],
      },
      {
        name: 'the gatherer takes a share of the kind that is not due',
        file: 'secagg/gatherer.ts',
        find: 'if (kind !== due)',
        replace: 'if (kind === undefined)',
        tests: ['test/secagg/gatherer.test.ts'],
      },
      {
        name: 'the gatherer takes two shares about one peer',
        file: 'secagg/gatherer.ts',
        find: 'if (peers.has(peer))',
        replace: 'if (peer === undefined)',
        tests: ['test/secagg/gatherer.test.ts'],
      },
    ],
  },
  {
    attack: 'a second unmask request',
    mutants: [
      {
        name: 'a member takes a step twice',
        file: 'secagg/guard.ts',
        find: 'if (this.#at !== from) {',
        replace: "if (this.#at === 'ended') {",
        tests: ['test/secagg/attacks/views.test.ts'],
      },
      {
        name: 'a member that has refused can be asked again',
        file: 'secagg/guard.ts',
        find: '    } catch (error) {\n      this.abandon();',
        replace: '    } catch (error) {\n      this.#at = from;',
        tests: ['test/secagg/attacks/views.test.ts'],
      },
      {
        name: 'a member that is resumed twice signs twice',
        file: 'secagg/member-journal.ts',
        find: 'if (latest?.position !== POSITIONS.indexOf(state.at)) {',
        replace: 'if (latest === null) {',
        tests: ['test/secagg/journal-member.test.ts'],
      },
      {
        name: 'a refusal is forgotten in a restart',
        file: 'secagg/member-journal.ts',
        find: 'if (session.guard.ended) append(',
        replace: 'if (session === null) append(',
        tests: ['test/secagg/journal-member.test.ts'],
      },
    ],
  },
  {
    attack: 'split views of U3',
    mutants: [
      {
        name: 'attestations of other sets count',
        file: 'secagg/member-checks.ts',
        find: 'if (!valid) {',
        replace: 'if (valid === undefined) {',
        tests: ['test/secagg/attacks/views.test.ts'],
      },
      {
        name: 'fewer than t attestations are enough',
        file: 'secagg/member-checks.ts',
        find: 'if (signers.size < threshold) {',
        replace: 'if (signers.size < threshold - 1) {',
        tests: ['test/secagg/attacks/views.test.ts'],
      },
      {
        name: 'U3 is left out of what is attested',
        file: 'secagg/transcript.ts',
        find: "hashIds('U3', sid, u3))",
        replace: "hashIds('U3', sid, []))",
        tests: ['test/secagg/attacks/views.test.ts'],
      },
      {
        name: 'U2 is left out of what is attested',
        file: 'secagg/transcript.ts',
        find: "hashIds('U2', sid, u2)",
        replace: "hashIds('U2', sid, [])",
        tests: ['test/secagg/attacks/views.test.ts'],
      },
      {
        name: 'U1 is left out of what is attested',
        file: 'secagg/transcript.ts',
        find: "domain('consistency'), sid, u1Hash,",
        replace: "domain('consistency'), sid,",
        tests: ['test/secagg/attacks/views.test.ts'],
      },
      {
        name: 'the gatherer relays attestations of other sets',
        file: 'secagg/gatherer.ts',
        find: '!verifySignature(seatOf(state.context, from).verifyKey, state.statement, signature)',
        replace: 'signature.length !== 64',
        tests: ['test/secagg/attacks/sessions.test.ts'],
      },
    ],
  },
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
    attack: 'threshold below the pin',
    mutants: [
      {
        name: 'a member takes part where 2t ≤ n + c',
        file: 'secagg/context.ts',
        find: 'if (2 * threshold <= n + colluders) {',
        replace: 'if (threshold < 1) {',
        tests: ['test/secagg/member-advertise.test.ts'],
      },
      {
        name: 'a plan may have 2t ≤ n + c',
        file: 'proto/plan.ts',
        find: 'if (2 * threshold <= roster.length + maxColluders) {',
        replace: 'if (threshold < 1) {',
        tests: ['test/proto/plan.test.ts'],
      },
      {
        name: 'a member takes part with one honest survivor',
        file: 'secagg/context.ts',
        find: 'if (honest < 2) {',
        replace: 'if (honest < 1) {',
        tests: ['test/secagg/member-advertise.test.ts'],
      },
      {
        name: 'a member goes on with fewer than t',
        file: 'secagg/member-checks.ts',
        find: 'if (ids.length < threshold) {',
        replace: 'if (ids.length < threshold - 1) {',
        tests: ['test/secagg/member-mask.test.ts'],
      },
      {
        name: 'the gatherer goes on with fewer than t',
        file: 'secagg/gatherer-state.ts',
        find: 'if (answered.length < threshold) {',
        replace: 'if (answered.length < threshold - 1) {',
        tests: ['test/secagg/schedules.test.ts'],
      },
      {
        name: 'a job’s threshold changes from round to round',
        file: 'participant/session.ts',
        find: 'if (known !== null && Buffer.compare(known, own) !== 0) {',
        replace: 'if (known === own) {',
        tests: ['test/participant/session.test.ts'],
      },
      {
        name: 'the plan may count on fewer colluders than the site does',
        file: 'participant/policy.ts',
        find: 'if (colluders < policy.minColluders)',
        replace: 'if (colluders < 0)',
        tests: ['test/participant/policy.test.ts'],
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
    also: ['signatures of advertisements are not verified', 'the gatherer relays advertisements that nobody signed'],
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
