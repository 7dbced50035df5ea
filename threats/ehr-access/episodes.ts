/**
 * Audit rows into episodes: all that one user did within one hour of the site's clock.
 *
 * Hours of the clock, not sessions cut at pauses, and no memory of a user beyond the hour: a row alone says which
 * episode it belongs to, and one row more or less changes this episode and no other. The privacy unit `record` rests
 * on that.
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
  const { lateness = 15 * MINUTE, names: mostNames = 1_000_000 } = limits;
  /** By name. */
  const hours = new Map<string, OpenHour>();
  let latest = Number.NEGATIVE_INFINITY;
  let names = 0;

  /** Throws before anything is changed, so that a refused row leaves no trace. */
  const check = ({ at }: Access): void => {
    if (at < latest - lateness) {
      throw refusal(
        `The row is more than ${Math.round(lateness / MINUTE)} minutes earlier than one before it. Sort the log by "recorded".`,
      );
    }
    // An access adds at most its user, its patient and its network.
    if (names + 3 > mostNames) {
      throw refusal(`More than ${mostNames} users, patients and networks are active within the hour.`);
    }
  };

  const gather = (access: Access): void => {
    check(access);
    const { at, offset, user } = access;
    const local = Math.floor((at + offset) / HOUR);
    const name = hourName(local, offset);
    const hour = hours.get(name) ?? { ends: (local + 1) * HOUR - offset + lateness, episodes: new Map() };
    const known = hour.episodes.get(user);
    const open = known ?? { episode: createEpisode(access), names: 1 };
    const added = open.episode.add(access);
    open.names += added;
    names += added + (known === undefined ? 1 : 0);
    hours.set(name, hour);
    hour.episodes.set(user, open);
    latest = Math.max(latest, at);
  };

  const close = (which: (hour: OpenHour) => boolean): Prepared[] => {
    const closed: Prepared[] = [];
    for (const [name, hour] of hours) {
      if (!which(hour)) continue;
      hours.delete(name);
      for (const [user, open] of hour.episodes) {
        names -= open.names;
        closed.push(preparedOf(user, name, open.episode));
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

/**
 * As people read it, `2026-03-01T10:00+01:00`; different for different clocks.
 *
 * @param local Hours since 1970 by the site's clock.
 */
function hourName(local: number, offset: number): string {
  const minutes = Math.abs(offset) / MINUTE;
  const pair = (value: number) => String(value).padStart(2, '0');
  const zone = `${offset < 0 ? '-' : '+'}${pair(Math.floor(minutes / 60))}:${pair(minutes % 60)}`;
  return `${new Date(local * HOUR).toISOString().slice(0, 16)}${zone}`;
}

function preparedOf(user: string, hour: string, episode: Episode): Prepared {
  const verdict = episode.verdict();
  return {
    kind: 'sample',
    sample: episode.sample(),
    label: verdict === null ? null : classOf(verdict),
    detail: verdict,
    entity: user,
    about: `${user} ${hour}`,
  };
}
