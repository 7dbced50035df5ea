/**
 * `fedward bench secagg`: whole sessions of secure aggregation, R0 to R4, without a network.
 *
 * The coordinator is this process, so its peak memory is a coordinator's; the members are another. Vectors
 * come in chunks, are added as they arrive and forgotten.
 */
import Table from 'cli-table3';
import { openUnmaskPool } from '../coordinator/unmask-pool.ts';
import { openMembers, runSession, type SessionFigures } from './secagg-session.ts';
import { checkSetting, consortiumOf, type Setting } from './secagg-setting.ts';

/** Medians over the sessions; of mask and share, over the members first. */
export interface SecaggFigures {
  readonly members: number;
  readonly dimension: number;
  readonly dropped: number;
  /** Every session's sum was that of the survivors' vectors, bit for bit. */
  readonly exact: boolean;
  readonly maskSeconds: number;
  readonly shareSeconds: number;
  readonly sumSeconds: number;
  readonly unmaskSeconds: number;
  readonly uploadBytesPerMember: number;
  /** Of this process since it began, in MiB. */
  readonly peakRssMb: number;
}

/** Told how much of the measurement is done, in 0…1, and what is being done. */
export type Report = (done: number, what: string) => void;

/** @throws FedwardError `INVALID_ARGUMENT` that names the option; as `runSession`. */
export async function measureSecagg(
  setting: Setting,
  repeat: number,
  report: Report,
): Promise<SecaggFigures> {
  checkSetting(setting, repeat);
  const { plan, dropped } = consortiumOf(setting, 1);
  const members = openMembers();
  const pool = openUnmaskPool();
  const sessions: SessionFigures[] = [];
  try {
    for (let session = 1; session <= repeat; session++) {
      const what = `${setting.members} members, session ${session} of ${repeat}`;
      report((session - 1) / repeat, what);
      const heard = (vectors: number, of: number) =>
        report((session - 1 + vectors / of) / repeat, `${what}: ${vectors} of ${of} vectors`);
      sessions.push(await runSession(setting, session, members, pool.execute, heard));
    }
  } finally {
    await Promise.all([members.close(), pool.close()]);
  }
  const over = (figure: (session: SessionFigures) => number) => median(sessions.map(figure));
  return {
    members: setting.members,
    dimension: plan.model.dimension,
    dropped: dropped.size,
    exact: sessions.every(({ exact }) => exact),
    maskSeconds: rounded(over(({ maskSeconds }) => median(maskSeconds))),
    shareSeconds: rounded(over(({ shareSeconds }) => median(shareSeconds))),
    sumSeconds: rounded(over(({ sumSeconds }) => sumSeconds)),
    unmaskSeconds: rounded(over(({ unmaskSeconds }) => unmaskSeconds)),
    uploadBytesPerMember: over(({ uploadBytesPerMember }) => uploadBytesPerMember),
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const ascending = values.toSorted((a, b) => a - b);
  const middle = (ascending.length - 1) / 2;
  return ((ascending[Math.floor(middle)] ?? Number.NaN) + (ascending[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** To the microsecond. */
function rounded(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

export function figuresText(figures: SecaggFigures, repeat: number): string {
  const { members, dimension, dropped, exact, uploadBytesPerMember, peakRssMb } = figures;
  const table = new Table({ style: { head: [], border: [], compact: true }, colAligns: ['left', 'right'] });
  table.push(
    ['a member shares its keys (R1)', time(figures.shareSeconds)],
    ['a member masks its vector (R2)', time(figures.maskSeconds)],
    [`${members - dropped} vectors are added`, time(figures.sumSeconds)],
    ['the sum is unmasked (R4)', time(figures.unmaskSeconds)],
    ['a member uploads', `${uploadBytesPerMember - 4 * dimension} bytes beyond the vector`],
    ["the coordinator's memory, at its peak", `${peakRssMb} MiB`],
  );
  return [
    `${members} members with ${dimension} parameters, of whom ${dropped} drop out after sharing their keys.`,
    table.toString(),
    `${sessionsText(repeat)}, every sum ${exact ? 'exact, bit for bit' : 'checked, and NOT all exact'}. Node ${process.version}.`,
  ].join('\n');
}

export function sessionsText(repeat: number): string {
  return repeat === 1 ? 'One session' : `Medians of ${repeat} sessions`;
}

export function time(seconds: number): string {
  return seconds < 1 ? `${(1000 * seconds).toFixed(1)} ms` : `${seconds.toFixed(2)} s`;
}
