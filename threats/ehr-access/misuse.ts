/**
 * Planted misuse, in kinds that the literature on insiders at hospitals names. Each is done by staff who do ordinary
 * work as well, half of it in the same hour, and most of it could be legitimate if somebody else did it.
 */
import type { Draws } from '../draws.ts';
import { type Hospital, type Patient, type Staff, WARD_NAMES, workstation } from './hospital.ts';
import { type Duty, purposeOf, routineHour } from './routine.ts';
import { moments, type Seat, someOf, type Touch, tend, touches, walk } from './touch.ts';
import type { Verdict } from './verdicts.ts';

export type Misuse = Exclude<Verdict, 'benign' | 'snooping'>;

/** Kinds of which somebody at work does some beside the work; a dormant account has no work. */
export const WHILE_AT_WORK = [
  ...(['vip-snooping', 'colleague-snooping', 'break-glass-abuse'] as const),
  ...(['bulk-read', 'shared-credentials'] as const),
] as const satisfies readonly Misuse[];

/** All of it within one hour. */
export function misuseHour(draw: Draws, hospital: Hospital, duty: Duty, kind: Misuse): Touch[] {
  const { staff } = duty;
  const seat = seatOf(draw, duty, kind);
  switch (kind) {
    case 'vip-snooping':
      return tend(draw, seat, victims(draw, hospital.known('celebrity')), { reads: 3.5, writes: 0 });
    case 'colleague-snooping': {
      // Half of these are family and neighbours, whose records carry no mark.
      const others = hospital.inpatients(draw.pick(WARD_NAMES) ?? staff.ward);
      const known = draw.chance(0.5) ? hospital.known('colleague') : others;
      return tend(draw, seat, victims(draw, known), { reads: 3.5, writes: 0 });
    }
    case 'break-glass-abuse': {
      const ward = draw.pick(WARD_NAMES) ?? staff.ward;
      const beds = draw.chance(0.5) ? hospital.inpatients(ward) : hospital.discharged();
      const urgent = { ...seat, purpose: draw.chance(0.7) ? 'BTG' : 'ETREAT' };
      return tend(draw, urgent, someOf(draw, beds, 1 + draw.poisson(0.8)), { reads: 3.5, writes: 0.1 });
    }
    case 'bulk-read': {
      const everybody = [...WARD_NAMES.flatMap(hospital.inpatients), ...hospital.discharged()];
      const many = Math.min(500, Math.max(8, Math.round(draw.logNormal(32, 0.9))));
      const taken = draw.chance(0.4) ? 1 + draw.poisson(2) : 0;
      return [
        ...touches(seat, 'query', null, draw.poisson(2)),
        ...tend(draw, seat, someOf(draw, everybody, many), { reads: 1.1, writes: 0 }),
        ...touches(seat, 'export', draw.pick(everybody) ?? null, taken),
      ];
    }
    case 'shared-credentials': {
      // A second person works under the name, elsewhere, as this role works.
      const ward = draw.pick(WARD_NAMES.filter((each) => each !== staff.ward)) ?? staff.ward;
      const second: Staff = { ...staff, ward, desk: workstation(draw, ward), tempo: draw.logNormal(1, 0.35) };
      const outside = draw.chance(0.35);
      return routineHour(draw, hospital, { ...duty, staff: second, first: false, back: false }).map(
        (touch) => ({
          ...touch,
          verdict: kind,
          network: outside ? staff.home : touch.network,
        }),
      );
    }
    case 'dormant-account': {
      const everybody = [...WARD_NAMES.flatMap(hospital.inpatients), ...hospital.discharged()];
      const many = Math.min(80, Math.max(1, Math.round(draw.logNormal(7, 0.9))));
      return [
        ...touches(seat, 'failure', null, draw.chance(0.5) ? 1 + draw.poisson(1) : 0),
        ...touches(seat, 'login', null, 1),
        ...touches(seat, 'query', null, draw.poisson(1)),
        ...tend(draw, seat, someOf(draw, everybody, many), { reads: 1.6, writes: 0.1 }),
      ];
    }
    default:
      return kind satisfies never;
  }
}

function seatOf(draw: Draws, { staff, kind: where }: Duty, verdict: Misuse): Seat {
  const outside = where === 'atHome' || draw.chance(verdict === 'dormant-account' ? 0.5 : 0.03);
  const office = staff.remote > 0 || staff.role === 'registrar';
  const place = office ? () => staff.desk : walk(draw, staff.ward, 0.06);
  return {
    network: () => (outside ? staff.home : place()),
    at: moments(draw, draw.chance(0.3)),
    purpose: purposeOf(draw, staff),
    verdict,
  };
}

/** One mostly, at times two. */
function victims(draw: Draws, known: readonly Patient[]): Patient[] {
  return someOf(draw, known, draw.chance(0.2) ? 2 : 1);
}
