/**
 * A seeded log of telemedicine sessions, since no public one with labels exists: accounts with habits, and among
 * their sessions some that are not what they seem. Every mark of an anomaly also occurs in honest sessions, and no
 * anomaly shows all of its marks. What can be concluded from such data stands in docs/threats/telemedicine-session.md.
 */
import { FedwardError } from '../../proto/errors.ts';
import { type Draws, drawsFrom } from '../draws.ts';
import type { RowSample } from '../record.ts';
import { type Account, atHour, drawAccount, ordinarySession, round, type Session } from './accounts.ts';
import type { SessionClass } from './index.ts';
import { sessionRow, type TelemedicineSession } from './session.ts';

export type SessionAnomaly = Exclude<SessionClass, 'legitimate'>;

export interface GeneratorOptions {
  /** @default 100 000 */
  readonly sessions?: number;
  /** @default 4 000 */
  readonly accounts?: number;
  /** First day. @default 2026-01-01 */
  readonly from?: string;
  /** @default 90 */
  readonly days?: number;
  /** Share of all sessions, by kind. @default 0.4 % each */
  readonly rates?: Readonly<Partial<Record<SessionAnomaly, number>>>;
  /**
   * Probability that an anomaly hides each of its marks, on the first day and on the last: attackers learn.
   * @default [0.25, 0.4]
   */
  readonly hidden?: readonly [first: number, last: number];
}

const RATE = 0.004;
const DAY_MS = 86_400_000;

/** In the order of their start, by the accounts' own clocks. @param uniform in [0, 1). */
export function* generateSessions(
  uniform: () => number,
  options: GeneratorOptions = {},
): Generator<TelemedicineSession> {
  const { sessions = 100_000, accounts = 4_000, from = '2026-01-01', days = 90 } = options;
  const [first, last] = options.hidden ?? [0.25, 0.4];
  const draws = drawsFrom(uniform);
  const people = Array.from({ length: accounts }, (_, i) => drawAccount(draws, i + 1));
  const staff = people.filter(({ role }) => role === 'clinician');
  const patients = people.filter(({ role }) => role !== 'clinician');
  const anyOf = (group: readonly Account[]) => {
    const account = group[Math.floor(draws.uniform() * group.length)];
    if (account !== undefined) return account;
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `Of ${accounts} accounts none is a clinician's, or all are. Generate more of them.`,
    );
  };
  let number = 0;
  for (let day = 0; day < days; day++) {
    const midnight = Date.parse(from) + day * DAY_MS;
    const hidden = first + ((last - first) * day) / days;
    const ofDay: Session[] = [];
    for (const end = Math.round((sessions * (day + 1)) / days); number < end; number++) {
      const kind = kindOf(draws, options.rates ?? {});
      let account: Account;
      let session: Session;
      do {
        // Of two sides of a visit each has a session, and a clinician has many visits.
        account = anyOf(draws.chance(STAFF_SHARE[kind]) ? staff : patients);
        session = ordinarySession(draws, account, midnight, `s-${number + 1}`);
        // Nobody can join telemetry uninvited.
      } while (kind === 'uninvited-participant' && session.visit_type === 'monitoring');
      if (kind !== 'legitimate') {
        const shows = (probability = 1) => draws.chance(probability * (1 - hidden));
        MARKS[kind](session, { draws, shows, account, midnight });
        session.verdict = kind;
      }
      ofDay.push(session);
    }
    yield* ofDay.sort((a, b) => (a.start < b.start ? -1 : 1));
  }
}

/** The same as rows, as the reader makes them of `sessionLine`. */
export function* generateSessionRows(
  uniform: () => number,
  options: GeneratorOptions = {},
): Generator<RowSample> {
  for (const session of generateSessions(uniform, options)) yield sessionRow(session);
}

/** One line of the log, without its line break. */
export function sessionLine(session: TelemedicineSession): string {
  return JSON.stringify(session);
}

function kindOf(draws: Draws, rates: NonNullable<GeneratorOptions['rates']>): SessionClass {
  let left = draws.uniform();
  for (const kind of Object.keys(MARKS) as SessionAnomaly[]) {
    left -= rates[kind] ?? RATE;
    if (left < 0) return kind;
  }
  return 'legitimate';
}

/** Share of the sessions that belong to clinicians' accounts. */
const STAFF_SHARE: Readonly<Record<SessionClass, number>> = {
  legitimate: 0.45,
  'session-hijack': 0.45,
  'account-takeover': 0.3,
  'uninvited-participant': 0.6,
  'data-exfiltration': 0.7,
  'prescription-fraud': 1,
};

interface Scene {
  readonly draws: Draws;
  /** Whether a mark that the kind has with this probability stays visible. */
  shows(probability?: number): boolean;
  readonly account: Account;
  readonly midnight: number;
}

/** What each kind leaves in an otherwise ordinary session. */
const MARKS: Readonly<Record<SessionAnomaly, (session: Session, scene: Scene) => void>> = {
  // A stolen token: signed in properly, then used elsewhere while the owner is still there.
  'session-hijack'(session, { draws, shows }) {
    if (shows()) session.network_changes = plus(session.network_changes, 1 + draws.poisson(0.5));
    if (shows()) session.concurrent_sessions = plus(session.concurrent_sessions, 1 + draws.poisson(0.2));
    if (shows()) session.token_refreshes = plus(session.token_refreshes, 1 + draws.poisson(1.5));
    if (shows(0.8)) session.asn_changed = true;
    if (shows(0.4)) session.country_changed = true;
    if (shows(0.3)) session.new_device = true;
    if (shows(0.6)) session.jitter_ms = round((session.jitter_ms ?? 0) * draws.logNormal(2.5, 0.4), 1);
    if (shows(0.3)) session.files_shared = plus(session.files_shared, 1 + draws.poisson(1));
  },
  // Somebody else's password from another breach: few attempts an account, no camera, soon gone.
  'account-takeover'(session, { draws, shows, account, midnight }) {
    if (!draws.chance(0.3)) {
      session.auth = 'password';
      session.second_factor = draws.chance(0.75) ? 'none' : 'sms';
    }
    if (shows(0.9)) session.new_device = true;
    if (shows(0.9)) session.asn_changed = true;
    if (shows(0.5)) session.country_changed = true;
    if (shows(0.7)) session.failed_logins = plus(session.failed_logins, 1 + draws.poisson(2));
    if (shows(0.8)) shorten(session, draws.logNormal(0.3, 0.4));
    if (shows(0.7)) session.bytes_up = Math.round((session.bytes_up ?? 0) * 0.1);
    if (shows(0.6)) session.start = atHour(midnight, 24 * draws.uniform(), account.offset);
  },
  // An invitation that went round.
  'uninvited-participant'(session, { draws, shows }) {
    if (shows(0.8)) session.participants = plus(session.participants, 1 + draws.poisson(0.9));
    if (shows(0.7)) session.waiting_room_bypassed = true;
    if (shows(0.7)) session.chat_links = plus(session.chat_links, 1 + draws.poisson(1.2));
    if (shows(0.5)) session.screen_shares = plus(session.screen_shares, 1 + draws.poisson(0.4));
    if (shows(0.6)) session.auth = 'link';
    // The meeting is ended.
    if (shows(0.7)) shorten(session, draws.logNormal(0.4, 0.4));
  },
  // Records leave as files, or as a film of the screen.
  'data-exfiltration'(session, { draws, shows, account, midnight }) {
    if (shows(0.7)) {
      const files = 2 + draws.poisson(5);
      session.files_shared = plus(session.files_shared, files);
      session.bytes_up = plus(session.bytes_up, Math.round(files * draws.logNormal(25e6, 0.9)));
    }
    if (shows(0.5)) session.recording = true;
    if (shows(0.6)) session.screen_shares = plus(session.screen_shares, 1 + draws.poisson(1));
    if (shows(0.5)) session.bytes_up = Math.round((session.bytes_up ?? 0) * draws.logNormal(2.2, 0.4));
    if (shows(0.4)) session.start = atHour(midnight, 20 + 4 * draws.uniform(), account.offset);
    if (shows(0.3)) session.asn_changed = true;
  },
  // Prescriptions one after another, to people who are hardly seen.
  'prescription-fraud'(session, { draws, shows, account, midnight }) {
    session.prescriptions = Math.max(1, session.prescriptions ?? 0) + draws.poisson(0.5);
    session.prescription_amount = shows(0.8) ? 'large' : 'usual';
    if (shows(0.8)) session.controlled_substance = true;
    if (shows()) session.duration_s = Math.round(draws.logNormal(170, 0.4));
    if (shows(0.7)) {
      session.bytes_up = Math.round(session.duration_s * draws.logNormal(8_000, 0.5));
      session.bytes_down = Math.round(session.duration_s * draws.logNormal(8_000, 0.5));
    }
    if (shows(0.4)) session.waiting_room_bypassed = true;
    if (shows(0.4)) session.concurrent_sessions = plus(session.concurrent_sessions, 1);
    if (shows(0.4)) session.start = atHour(midnight, 18 + 6 * draws.uniform(), account.offset);
  },
};

function plus(value: number | null, more: number): number {
  return (value ?? 0) + more;
}

function shorten(session: Session, factor: number): void {
  const share = Math.min(1, factor);
  session.duration_s = Math.round(session.duration_s * share);
  session.bytes_up = Math.round((session.bytes_up ?? 0) * share);
  session.bytes_down = Math.round((session.bytes_down ?? 0) * share);
}
