/**
 * Audit rows into episodes: all that one user did within one hour of the site's clock.
 *
 * Hours of the clock, not sessions cut at pauses: the row alone says which episode it belongs to. So one row more or
 * less changes this episode and no other's borders, which is what the privacy unit `record` rests on; the one feature
 * that looks further back is named in docs/threats/ehr-access.md.
 */
import { FedwardError } from '../../proto/errors.ts';
import type { Prepared, Preparer } from '../log-threat.ts';
import { type Access, accessOf } from './access.ts';
import { createEpisode, type Episode } from './episode.ts';
import { classOf } from './verdicts.ts';

export interface EpisodeLimits {
  /** Milliseconds by which a row may be earlier than the latest before it. @default 15 minutes */
  readonly lateness?: number;
  /** Users, patients and networks that all open episodes together may remember. @default 1,000,000 */
  readonly names?: number;
  /** Users whose last activity is remembered. @default 250,000 */
  readonly users?: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** One hour of one clock, and who was active in it. */
interface OpenHour {
  /** When a row of it can no longer come. */
  readonly ends: number;
  /** By user. */
  readonly episodes: Map<string, { readonly episode: Episode; names: number }>;
}

export function prepareEpisodes(limits: EpisodeLimits = {}): Preparer {
  const { lateness = 15 * MINUTE, names: mostNames = 1_000_000, users: mostUsers = 250_000 } = limits;
  const hours = new Map<string, OpenHour>();
  const lastSeen = new Map<string, number>();
  let latest = Number.NEGATIVE_INFINITY;
  let names = 0;

  /** Throws before anything is changed, so that a refused row leaves no trace. */
  const check = ({ at, user }: Access, known: boolean): void => {
    if (at < latest - lateness) {
      throw refusal(
        `The row is more than ${Math.round(lateness / MINUTE)} minutes earlier than one before it. Sort the log by "recorded".`,
      );
    }
    // An access adds at most its user, its patient and its network.
    if (names + 3 > mostNames) {
      throw refusal(`More than ${mostNames} users, patients and networks are active within the hour.`);
    }
    if (!known && !lastSeen.has(user) && lastSeen.size >= mostUsers) {
      throw refusal(`The log has more than ${mostUsers} users. Split it by department.`);
    }
  };

  const gather = (access: Access): void => {
    const { at, offset, user } = access;
    const local = Math.floor((at + offset) / HOUR);
    const key = `${local} ${offset}`;
    const hour = hours.get(key) ?? { ends: (local + 1) * HOUR - offset + lateness, episodes: new Map() };
    const known = hour.episodes.get(user);
    check(access, known !== undefined);
    const last = lastSeen.get(user);
    const open = known ?? {
      episode: createEpisode(access, last === undefined ? null : at - last),
      names: 1,
    };
    const added = open.episode.add(access);
    open.names += added;
    names += added + (known === undefined ? 1 : 0);
    hours.set(key, hour);
    hour.episodes.set(user, open);
    lastSeen.set(user, Math.max(at, last ?? at));
    latest = Math.max(latest, at);
  };

  const close = (which: (hour: OpenHour) => boolean): Prepared[] => {
    const closed: Prepared[] = [];
    for (const [key, hour] of hours) {
      if (!which(hour)) continue;
      hours.delete(key);
      for (const [user, open] of hour.episodes) {
        names -= open.names;
        closed.push(preparedOf(user, open.episode));
      }
    }
    return closed;
  };

  return {
    push(row) {
      try {
        gather(accessOf(row));
      } catch (error) {
        if (error instanceof FedwardError) return [{ kind: 'refused', reason: error.message }];
        throw error;
      }
      return close(({ ends }) => ends < latest);
    },
    end: () => close(() => true),
  };
}

function refusal(reason: string): FedwardError {
  return new FedwardError('DATA_INVALID', reason);
}

function preparedOf(user: string, episode: Episode): Prepared {
  const verdict = episode.verdict();
  return {
    kind: 'sample',
    sample: episode.sample(),
    label: verdict === null ? null : classOf(verdict),
    detail: verdict,
    entity: user,
  };
}
