/**
 * The log of telemedicine sessions: one object a line, one for each session of one account. What a platform cannot
 * say it leaves out, or writes as null.
 */
import { z } from 'zod';
import type { Cell, RowSample } from '../record.ts';

export const SESSION_FORMAT = 'telemedicine-session';

const unset = <Type extends z.ZodType>(type: Type) => type.nullable().default(null);
/** Platforms have words of their own; those that the encoder does not list share one feature. */
const word = z.string().min(1).max(64);
const id = z.string().min(1).max(200);
const count = unset(z.number().int().min(0));
const flag = unset(z.boolean());

export const telemedicineSessionSchema = z.object({
  session: unset(id),
  /** With the offset of the place where the account usually is: its clock tells the hour. */
  start: z.iso.datetime({ offset: true }),
  duration_s: z.number().min(0),
  /** `video`, `audio`, `monitoring`, `group`, `consult` (clinicians among themselves). */
  visit_type: word,
  account: id,
  /** `patient`, `clinician`, `carer`, `interpreter`. */
  role: word,
  peer: unset(id),
  peer_role: unset(word),
  /** `password`, `sso`, `link` (an invitation that signs in), `smartcard`, `eid`. */
  auth: unset(word),
  /** `none`, `sms`, `totp`, `push`, `passkey`. */
  second_factor: unset(word),
  /** Since the account's last success. */
  failed_logins: count,
  /** As the platform flags them, against the account's previous sessions. */
  new_device: flag,
  country_changed: flag,
  asn_changed: flag,
  /** During the session. */
  network_changes: count,
  token_refreshes: count,
  /** Other sessions of the account that were open at the same time. */
  concurrent_sessions: count,
  bytes_up: count,
  bytes_down: count,
  /** Share, from 0 to 1. */
  packet_loss: unset(z.number().min(0).max(1)),
  jitter_ms: unset(z.number().min(0)),
  files_shared: count,
  screen_shares: count,
  chat_links: count,
  recording: flag,
  /** The account's own side counts. */
  participants: count,
  waiting_room_bypassed: flag,
  prescriptions: count,
  /** Of the largest prescription: `none`, `small`, `usual`, `large`. */
  prescription_amount: unset(word),
  controlled_substance: flag,
  /** What an investigation found: one of `SESSION_CLASSES`. */
  verdict: unset(word),
});

export type TelemedicineSession = z.output<typeof telemedicineSessionSchema>;

/** The ids and the date are context: an encoder sees the hour only, by the account's own clock. */
export function sessionRow({
  session,
  start,
  account,
  peer,
  verdict,
  ...rest
}: TelemedicineSession): RowSample {
  const fields: Record<string, Cell> = { hour: hourOf(start) };
  for (const [name, value] of Object.entries(rest)) {
    fields[name] = typeof value === 'boolean' ? Number(value) : value;
  }
  return { format: SESSION_FORMAT, fields, labels: { verdict }, context: { session, start, account, peer } };
}

/** `2026-03-02T14:30:00+01:00` → 14.5. */
function hourOf(start: string): number {
  return Number(start.slice(11, 13)) + Number(start.slice(14, 16)) / 60;
}
