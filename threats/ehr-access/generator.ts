/**
 * Audit rows of an invented hospital over some weeks, in the order of their times, with planted misuse: for there is no
 * public log of accesses with verdicts. Same numbers drawn, same log.
 *
 * What is planted overlaps with what is not: docs/threats/ehr-access.md describes both.
 */

import { type Draws, drawsFrom } from '../draws.ts';
import type { RowSample } from '../record.ts';
import { rowOf } from './audit-event.ts';
import { createHospital, type Hospital, type Staff } from './hospital.ts';
import { type Misuse, misuseHour, WHILE_AT_WORK } from './misuse.ts';
import { type Duty, glanceHour, routineHour } from './routine.ts';
import type { Touch } from './touch.ts';

export interface HospitalOptions {
  /** @default 150 */
  readonly staff?: number;
  /** @default 12 */
  readonly weeks?: number;
  /** Planted hours for each thousand ordinary ones, by kind; kinds left out are not planted. @default `MISUSE_RATES` */
  readonly rates?: Readonly<Partial<Record<Misuse, number>>>;
  /** Before user ids, so that several hospitals' do not meet. @default '' */
  readonly prefix?: string;
}

/** Two per cent in all: far more than a hospital should have, and few enough to be rare. */
export const MISUSE_RATES: Readonly<Record<Misuse, number>> = {
  'vip-snooping': 4,
  'colleague-snooping': 4,
  'break-glass-abuse': 3,
  'bulk-read': 3,
  'shared-credentials': 4,
  'dormant-account': 3,
};

/** A Monday; the site's clock is an hour ahead of UTC all the time. */
const START = Date.UTC(2024, 0, 1, -1);
const HOUR = 3_600_000;
const HOURS_A_DAY = 24;
const HOURS_A_WEEK = 7 * HOURS_A_DAY;
/** Days after the last hour worked from which a leaver's account may come alive again. */
const COLD = 3;
/** Looks out of hours for each hour that is worked. */
const GLANCES = 0.06;

interface Task {
  readonly duty: Duty;
  readonly work: 'routine' | 'glance' | Misuse;
}

/** @param uniform In [0, 1); the only source of chance. */
export function* auditRows(uniform: () => number, options: HospitalOptions = {}): Generator<RowSample> {
  const { staff = 150, weeks = 12, rates = MISUSE_RATES, prefix = '' } = options;
  const draw = drawsFrom(uniform);
  const hospital = createHospital(draw, staff, weeks);
  const plan = planner(draw, hospital, rates);
  let rows = 0;
  for (let hour = 0; hour < weeks * HOURS_A_WEEK; hour++) {
    if (hour % HOURS_A_DAY === 0) plan.day(hour / HOURS_A_DAY);
    hospital.advance();
    const events: { readonly staff: Staff; readonly touch: Touch }[] = [];
    for (const { duty, work } of plan.take(hour)) {
      for (const touch of touchesOf(draw, hospital, duty, work)) events.push({ staff: duty.staff, touch });
    }
    events.sort((a, b) => a.touch.at - b.touch.at);
    for (const event of events) yield rowOf(event, START + hour * HOUR, `${prefix}${++rows}`, prefix);
  }
}

function touchesOf(draw: Draws, hospital: Hospital, duty: Duty, work: Task['work']): readonly Touch[] {
  switch (work) {
    case 'routine':
      return routineHour(draw, hospital, duty);
    case 'glance':
      return glanceHour(draw, hospital, duty);
    default:
      return misuseHour(draw, hospital, duty, work);
  }
}

/** Who works when, and when what is planted happens. */
function planner(draw: Draws, hospital: Hospital, rates: Readonly<Partial<Record<Misuse, number>>>) {
  const tasks = new Map<number, Task[]>();
  const lastWorked = new Map<Staff, number>();

  const add = (hour: number, task: Task): void => {
    const own = tasks.get(hour);
    if (own === undefined) tasks.set(hour, [task]);
    else own.push(task);
  };
  const dutyAt = (staff: Staff, hour: number, kind: Duty['kind'], first: boolean, back: boolean): Duty => {
    const local = new Date(START + (hour + 1) * HOUR);
    return { staff, kind, first, back, hour: local.getUTCHours(), dayOfMonth: local.getUTCDate() };
  };
  const plant = (hour: number, duty: Duty): void => {
    for (const kind of WHILE_AT_WORK) {
      if (!draw.chance((rates[kind] ?? 0) / 1000)) continue;
      // Two people under one name are there together; the rest is done beside the work, or at another hour.
      const aside = kind === 'shared-credentials' || draw.chance(0.55);
      const later = aside ? hour : hour + draw.integer(1, 20);
      const where = later === hour || draw.chance(0.7) ? 'shift' : 'atHome';
      add(later, { duty: dutyAt(duty.staff, later, where, false, false), work: kind });
    }
    if (!draw.chance((rates['dormant-account'] ?? 0) / 1000)) return;
    const cold = hospital.staff.filter(
      (staff) =>
        hour - (lastWorked.get(staff) ?? hour) > COLD * HOURS_A_DAY && staff.leaves * HOURS_A_WEEK < hour,
    );
    const account = draw.pick(cold);
    if (account === undefined) return;
    const at = hour + draw.integer(1, 20);
    const until = at + draw.poisson(0.7);
    for (let own = at; own <= until; own++) {
      add(own, { duty: dutyAt(account, own, 'shift', own === at, false), work: 'dormant-account' });
    }
    lastWorked.set(account, until);
  };

  return {
    /** Plans a day's shifts, some of which end on the next. */
    day(day: number): void {
      for (const staff of hospital.staff) {
        const shift = shiftOf(draw, staff, day);
        if (shift === null) continue;
        const start = day * HOURS_A_DAY + shift.start;
        const last = lastWorked.get(staff);
        const back = last !== undefined && start - last > 14 * HOURS_A_DAY;
        for (let hour = start; hour < start + shift.hours; hour++) {
          // Not every hour is spent at a screen.
          if (!draw.chance(shift.kind === 'onCall' ? 0.25 : 0.5)) continue;
          const duty = dutyAt(staff, hour, shift.kind, hour === start, back);
          add(hour, { duty, work: 'routine' });
          plant(hour, duty);
          if (draw.chance(GLANCES)) {
            const later = hour + draw.integer(1, 20);
            const where = draw.chance(0.75) ? 'shift' : 'atHome';
            add(later, { duty: dutyAt(staff, later, where, false, false), work: 'glance' });
          }
          lastWorked.set(staff, hour);
        }
      }
    },
    take(hour: number): readonly Task[] {
      const due = tasks.get(hour) ?? [];
      tasks.delete(hour);
      return due;
    },
  };
}

interface Shift {
  readonly start: number;
  readonly hours: number;
  readonly kind: Duty['kind'];
}

function shiftOf(draw: Draws, staff: Staff, day: number): Shift | null {
  const week = Math.floor(day / 7);
  const weekend = day % 7 >= 5;
  const employed = week >= staff.joins && week < staff.leaves;
  if (!employed || (week >= staff.away.from && week < staff.away.until)) return null;
  switch (staff.rhythm) {
    case 'rotating':
      return draw.chance(0.4) ? { start: draw.pick([6, 14, 22]) ?? 6, hours: 8, kind: 'shift' } : null;
    case 'agency':
      return draw.chance(0.05) ? { start: draw.pick([6, 14, 22]) ?? 6, hours: 8, kind: 'shift' } : null;
    case 'days':
      if (draw.chance(0.08)) return { start: 18, hours: 12, kind: 'onCall' };
      return draw.chance(weekend ? 0.12 : 0.6) ? { start: 8, hours: 9, kind: 'shift' } : null;
    case 'office': {
      const late = draw.chance(staff.role === 'registrar' ? 0.15 : 0.08);
      const start = late ? draw.integer(12, 19) : draw.integer(7, 9);
      const kind = draw.chance(staff.remote) ? 'atHome' : 'shift';
      return draw.chance(weekend ? 0.06 : 0.65) ? { start, hours: 7, kind } : null;
    }
    default:
      return staff.rhythm satisfies never;
  }
}
