/** A coordinator that lies about who is there, tells members different things, or asks twice. */
import type { Attack } from './attack.ts';

export const ON_SETS: readonly Attack[] = [
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
];
