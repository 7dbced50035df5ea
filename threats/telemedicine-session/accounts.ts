/** Who uses the platform, and what an ordinary session of theirs looks like. Shares are estimates, not measurements. */
import type { Draws } from '../draws.ts';
import type { TelemedicineSession } from './session.ts';

export type Session = { -readonly [Field in keyof TelemedicineSession]: TelemedicineSession[Field] };
export type Role = 'patient' | 'clinician' | 'carer' | 'interpreter';

/** What an account's sessions have in common; none of it is logged as such. */
export interface Account {
  readonly id: string;
  readonly role: Role;
  readonly offset: string;
  readonly auth: string;
  readonly secondFactor: string;
  /** Kind of work, or of care, that decides what visits there are. */
  readonly habit: 'ordinary' | 'group' | 'pain' | 'teaching' | 'imaging' | 'monitored' | 'nights';
  readonly mobile: boolean;
  readonly poorNetwork: boolean;
  /** Works with a workstation and a tablet at once. */
  readonly twoDevices: boolean;
  readonly travels: boolean;
}

export function drawAccount(draws: Draws, number: number): Account {
  const role = draws.weighted<Role>({ patient: 78, clinician: 16, carer: 4, interpreter: 2 });
  const staff = role === 'clinician' || role === 'interpreter';
  return {
    id: `${role}-${number}`,
    role,
    offset: draws.weighted({ '+00:00': 1, '+01:00': 3, '+02:00': 1 }),
    auth: staff
      ? draws.weighted({ sso: 6, smartcard: 3, password: 2, link: 0.5 })
      : draws.weighted({ password: 6, link: 3, eid: 2 }),
    secondFactor: staff
      ? draws.weighted({ totp: 3, push: 4, passkey: 2, sms: 1, none: 1 })
      : draws.weighted({ none: 5, sms: 4, push: 1, passkey: 1 }),
    habit: staff
      ? draws.weighted({ ordinary: 10, group: 2, pain: 2, teaching: 1, imaging: 2, nights: 2 })
      : draws.weighted({ ordinary: 14, monitored: 2, group: 1, pain: 1 }),
    mobile: draws.chance(staff ? 0.08 : 0.3),
    poorNetwork: draws.chance(0.15),
    twoDevices: draws.chance(staff ? 0.3 : 0.04),
    travels: draws.chance(0.12),
  };
}

/** Bytes a second towards the platform and back, per participant on the other side. */
const RATES: Readonly<Record<string, readonly [up: number, down: number]>> = {
  video: [140_000, 150_000],
  group: [110_000, 60_000],
  consult: [150_000, 150_000],
  audio: [8_000, 8_000],
  monitoring: [2_500, 300],
};
/** Seconds: median, and spread of the logarithm. */
const DURATIONS: Readonly<Record<string, readonly [median: number, spread: number]>> = {
  video: [900, 0.55],
  group: [4200, 0.3],
  consult: [1300, 0.5],
  audio: [540, 0.55],
  monitoring: [20_000, 0.7],
};

/** @param day midnight, in milliseconds; `verdict` is `legitimate`. */
export function ordinarySession(draws: Draws, account: Account, day: number, id: string): Session {
  const { role, habit } = account;
  const visit = visitType(draws, account);
  // A repeat prescription takes a few minutes, and often the camera stays off.
  const repeat = visit !== 'group' && visit !== 'monitoring' && draws.chance(habit === 'pain' ? 0.25 : 0.1);
  const [median, spread] = DURATIONS[visit] ?? [900, 0.5];
  const duration = Math.round(draws.logNormal(repeat ? 260 : median, spread));
  const participants = partySize(draws, visit);
  const away = account.travels && draws.chance(0.12);
  const newDevice = draws.chance(away ? 0.2 : 0.03);
  const networkChanges = draws.poisson(account.mobile ? 0.7 : 0.04);
  const lossy = account.poorNetwork || away;
  const [up, down] = RATES[visit] ?? [0, 0];
  const quality = draws.logNormal(lossy ? 0.45 : 1, 0.45) * (repeat && draws.chance(0.4) ? 0.1 : 1);
  const session: Session = {
    session: id,
    start: startOf(draws, account, visit, day),
    duration_s: duration,
    visit_type: visit,
    account: account.id,
    role,
    peer: visit === 'monitoring' ? null : `peer-${Math.floor(draws.uniform() * 1e6)}`,
    peer_role: visit === 'monitoring' ? null : peerRole(draws, role, visit),
    auth: account.auth,
    second_factor: account.secondFactor,
    failed_logins: draws.poisson(newDevice ? 1.1 : 0.18),
    new_device: newDevice,
    country_changed: away && draws.chance(0.6),
    asn_changed: away || draws.chance(account.mobile ? 0.25 : 0.05),
    network_changes: networkChanges,
    token_refreshes: Math.floor(duration / 1800) + draws.poisson(0.1 + 0.8 * networkChanges),
    concurrent_sessions: account.twoDevices ? draws.poisson(0.9) : draws.poisson(0.03),
    bytes_up: Math.round(duration * up * quality),
    bytes_down: Math.round(duration * down * quality * Math.max(1, participants - 1)),
    packet_loss: round(Math.min(0.5, draws.logNormal(lossy ? 0.02 : 0.003, 0.8)), 4),
    jitter_ms: round(draws.logNormal(lossy || networkChanges > 0 ? 28 : 9, 0.6), 1),
    files_shared: draws.poisson(visit === 'consult' ? 1.2 : 0.15),
    screen_shares: draws.poisson(visit === 'consult' || habit === 'teaching' ? 0.8 : 0.08),
    chat_links: draws.poisson(visit === 'group' ? 0.6 : 0.08),
    recording: draws.chance(habit === 'teaching' ? 0.5 : 0.01),
    participants,
    // Who leads a group lets latecomers in directly; so do colleagues each other, and patients known for years.
    waiting_room_bypassed: draws.chance(visit === 'group' || visit === 'consult' || repeat ? 0.3 : 0.04),
    ...{ prescriptions: 0, prescription_amount: 'none', controlled_substance: false },
    verdict: 'legitimate',
  };
  if (habit === 'imaging' && draws.chance(0.4)) shareImages(draws, session);
  if (role === 'clinician' && visit !== 'monitoring') prescribe(draws, session, account, repeat);
  return session;
}

function visitType(draws: Draws, { role, habit }: Account): string {
  switch (habit) {
    case 'monitored':
      return draws.weighted({ monitoring: 7, video: 2, audio: 1 });
    case 'group':
      return draws.weighted({ group: 6, video: 3, audio: 1 });
    case 'imaging':
    case 'teaching':
      return draws.weighted({ consult: 5, video: 5 });
    default:
      return role === 'clinician'
        ? draws.weighted({ video: 14, audio: 3, consult: 2, group: 1 })
        : draws.weighted({ video: 15, audio: 4, group: 1 });
  }
}

function partySize(draws: Draws, visit: string): number {
  if (visit === 'monitoring') return 1;
  if (visit === 'group') return 5 + draws.poisson(4);
  // Relatives and interpreters join.
  return 2 + draws.poisson(visit === 'consult' ? 0.9 : 0.25);
}

function peerRole(draws: Draws, role: Role, visit: string): string {
  if (visit === 'consult') return 'clinician';
  return role === 'clinician' ? draws.weighted({ patient: 12, carer: 1, interpreter: 1 }) : 'clinician';
}

function startOf(draws: Draws, { habit, offset }: Account, visit: string, day: number): string {
  const byNight = habit === 'nights' ? 0.6 : visit === 'monitoring' ? 0.4 : 0.03;
  const hour = draws.chance(byNight) ? 20 + 10 * draws.uniform() : 13 + 2.8 * draws.normal();
  return atHour(day, ((hour % 24) + 24) % 24, offset);
}

/** The `hour` of the local day, as ISO with its offset. */
export function atHour(day: number, hour: number, offset: string): string {
  const local = new Date(day + Math.floor(hour * 3600) * 1000).toISOString();
  return `${local.slice(0, 19)}${offset}`;
}

function shareImages(draws: Draws, session: Session): void {
  const files = 1 + draws.poisson(4);
  session.files_shared = (session.files_shared ?? 0) + files;
  session.bytes_up = (session.bytes_up ?? 0) + Math.round(files * draws.logNormal(40e6, 0.9));
}

function prescribe(draws: Draws, session: Session, { habit }: Account, repeat: boolean): void {
  if (!repeat && !draws.chance(0.35)) return;
  session.prescriptions = 1 + draws.poisson(0.4);
  session.prescription_amount = draws.weighted({ small: 3, usual: 6, large: repeat ? 2.5 : 0.7 });
  session.controlled_substance = draws.chance(habit === 'pain' ? 0.55 : 0.05);
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
