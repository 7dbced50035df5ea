/** An ordinary hour in the invented hospital, by role: who is looked at, written about, asked for, and from where. */
import type { Draws } from '../draws.ts';
import { type Hospital, type Patient, type Staff, WARD_NAMES, type Ward, workstation } from './hospital.ts';
import { moments, type Seat, someOf, type Touch, tend, touches, walk } from './touch.ts';

/** An hour that somebody works. */
export interface Duty {
  readonly staff: Staff;
  /** Hour of the day, of the site's clock. */
  readonly hour: number;
  readonly dayOfMonth: number;
  readonly kind: 'shift' | 'onCall' | 'atHome';
  /** First hour of the shift. */
  readonly first: boolean;
  /** First day after weeks away. */
  readonly back: boolean;
}

/** What the system writes down as the reason: some systems ask for none. */
export function purposeOf(draw: Draws, { role }: Staff): string | null {
  switch (role) {
    case 'nurse':
    case 'physician':
    case 'pharmacist':
      return draw.chance(0.85) ? 'TREAT' : null;
    case 'registrar':
      return draw.chance(0.5) ? 'TREAT' : 'HOPERAT';
    case 'billing':
      return 'HPAYMT';
    case 'researcher':
      return 'HRESCH';
    case 'it':
      return 'HSYSADMIN';
    case 'auditor':
      return 'HOPERAT';
    default:
      return role satisfies never;
  }
}

export function routineHour(draw: Draws, hospital: Hospital, duty: Duty): Touch[] {
  const { staff } = duty;
  const ward =
    staff.role === 'nurse' && draw.chance(0.08) ? (draw.pick(WARD_NAMES) ?? staff.ward) : staff.ward;
  const seat = seatOf(draw, duty, ward);
  const mistakes = draw.chance(duty.back ? 0.6 : 0.05) ? 1 + draw.poisson(duty.back ? 2 : 0.6) : 0;
  return [
    ...touches(seat, 'failure', null, mistakes),
    ...(duty.first || draw.chance(0.3) ? touches(seat, 'login', null, 1) : []),
    ...work(draw, hospital, duty, ward, seat),
  ];
}

/** A look out of hours, before the shift or after it: at a result, at somebody who worries. */
export function glanceHour(draw: Draws, hospital: Hospital, duty: Duty): Touch[] {
  const { ward } = duty.staff;
  const seat = seatOf(draw, duty, ward);
  const others = draw.chance(0.7) ? hospital.inpatients(ward) : hospital.discharged();
  return [
    ...touches(seat, 'login', null, draw.chance(0.6) ? 1 : 0),
    ...tend(draw, seat, someOf(draw, others, 1 + draw.poisson(0.5)), { reads: 3, writes: 0.1 }),
  ];
}

function seatOf(draw: Draws, duty: Duty, ward: Ward): Seat {
  const { staff } = duty;
  const clinical = staff.role === 'nurse' || staff.role === 'physician' || staff.role === 'pharmacist';
  const roaming = clinical && draw.chance(0.12);
  const steps = walk(draw, ward, roaming ? 0.3 : 0.06);
  const home = duty.kind === 'atHome' || (duty.kind === 'onCall' && draw.chance(0.6));
  // Called in: begun at home, ended on the ward.
  const between = duty.kind === 'onCall' && draw.chance(0.25);
  const desk = clinical ? steps : () => staff.desk;
  return {
    network: () => (home && !(between && draw.chance(0.5)) ? staff.home : desk()),
    at: moments(draw, draw.chance(0.15)),
    purpose: purposeOf(draw, staff),
    verdict: 'benign',
  };
}

function work(draw: Draws, hospital: Hospital, duty: Duty, ward: Ward, seat: Seat): Touch[] {
  const { staff, hour } = duty;
  const beds = hospital.inpatients(ward);
  const some = (mean: number) => someOf(draw, beds, 1 + draw.poisson(mean * staff.tempo));
  switch (staff.role) {
    case 'nurse':
      return [
        ...(duty.first || duty.back
          ? tend(draw, seat, someOf(draw, beds, draw.integer(6, 28)), { reads: 1.2, writes: 0.2 })
          : tend(draw, seat, some(hour < 6 ? 2 : 4), { reads: 1.8, writes: 0.9 })),
        ...emergencies(draw, hospital, duty, ward, seat),
        ...errands(draw, hospital, seat, 0.06),
      ];
    case 'physician':
      return [
        ...(hour === 8 || hour === 9
          ? tend(draw, seat, someOf(draw, beds, draw.integer(5, 22)), { reads: 2, writes: 0.6 })
          : duty.kind === 'onCall'
            ? tend(draw, seat, some(1), { reads: 3, writes: 0.3 })
            : tend(draw, seat, [...some(1), ...clinic(draw, hospital, ward)], { reads: 2.5, writes: 1 })),
        ...emergencies(draw, hospital, duty, ward, seat),
        ...errands(draw, hospital, seat, 0.14),
      ];
    case 'pharmacist':
      return tend(draw, seat, someOf(draw, WARD_NAMES.flatMap(hospital.inpatients), draw.integer(8, 45)), {
        ...{ reads: 1.3, writes: 0.3 },
      });
    case 'registrar':
      return [
        ...touches(seat, 'query', null, 2 + draw.poisson(8 * staff.tempo)),
        ...tend(draw, seat, clinic(draw, hospital, ward, 3 + draw.poisson(6 * staff.tempo)), {
          ...{ reads: 1.2, writes: 0.7 },
        }),
        ...errands(draw, hospital, seat, 0.05),
      ];
    default:
      return deskWork(draw, hospital, duty, seat);
  }
}

function deskWork(draw: Draws, hospital: Hospital, { staff, dayOfMonth, hour }: Duty, seat: Seat): Touch[] {
  const gone = hospital.discharged();
  switch (staff.role) {
    case 'billing': {
      const run = dayOfMonth <= 3 && draw.chance(0.5);
      const many = run
        ? Math.min(400, Math.round(draw.logNormal(150, 0.5)))
        : 5 + draw.poisson(18 * staff.tempo);
      return [
        ...tend(draw, seat, someOf(draw, gone, many), { reads: 1.1, writes: run ? 0 : 0.3 }),
        ...touches(seat, 'export', draw.pick(gone) ?? null, run ? draw.poisson(4) : draw.poisson(0.1)),
      ];
    }
    case 'researcher': {
      const cohort = Math.min(300, Math.round(draw.logNormal(25, 0.9)));
      return [
        ...touches(seat, 'query', null, 1 + draw.poisson(3)),
        ...tend(draw, seat, someOf(draw, gone, cohort), { reads: 1.2, writes: 0 }),
        ...touches(seat, 'export', draw.pick(gone) ?? null, draw.chance(0.3) ? 1 + draw.poisson(2) : 0),
      ];
    }
    case 'it': {
      const copies = (hour < 6 || hour > 20) && draw.chance(0.4);
      const elsewhere: Seat = {
        ...seat,
        network: () =>
          draw.chance(0.4) ? workstation(draw, draw.pick(WARD_NAMES) ?? 'surgery') : seat.network(),
      };
      return [
        ...touches(elsewhere, 'failure', null, draw.chance(0.3) ? 1 + draw.poisson(3) : 0),
        ...touches(elsewhere, 'query', null, draw.poisson(3)),
        ...tend(draw, elsewhere, someOf(draw, gone, draw.poisson(3)), { reads: 1, writes: 0.1 }),
        ...touches(elsewhere, 'export', draw.pick(gone) ?? null, copies ? 1 + draw.poisson(4) : 0),
      ];
    }
    default: {
      // Auditors follow up on the very patients whom others are curious about.
      const watched = [...hospital.known('celebrity'), ...hospital.known('colleague')];
      const files = [...someOf(draw, watched, draw.poisson(3)), ...someOf(draw, gone, 1 + draw.poisson(6))];
      return [
        ...touches(seat, 'query', null, draw.poisson(4)),
        ...tend(draw, seat, files, { reads: 2.5, writes: 0 }),
      ];
    }
  }
}

function clinic(draw: Draws, hospital: Hospital, ward: Ward, visits = draw.poisson(2)): Patient[] {
  return Array.from({ length: visits }, () => hospital.outpatient(ward));
}

/**
 * The glass is broken where nobody has time to ask, and where rights are too narrow for the work: exceptions are
 * everyday (Røstad and Edsberg 2006).
 */
function emergencies(draw: Draws, hospital: Hospital, { kind }: Duty, ward: Ward, seat: Seat): Touch[] {
  const often = ward === 'emergency' ? 0.6 : ward === 'intensive' || kind === 'onCall' ? 0.25 : 0.06;
  if (!draw.chance(often)) return [];
  const from = draw.chance(0.6) ? ward : (draw.pick(WARD_NAMES) ?? ward);
  const patients = someOf(draw, hospital.inpatients(from), 1 + draw.poisson(0.6));
  const urgent = { ...seat, purpose: draw.chance(0.5) ? 'BTG' : 'ETREAT' };
  return tend(draw, urgent, patients, { reads: 3, writes: draw.chance(0.4) ? 0 : 1 });
}

/** Looks at somebody else's patients for good reasons: a consult, a transfer, how a former patient fares, teaching. */
function errands(draw: Draws, hospital: Hospital, seat: Seat, often: number): Touch[] {
  if (!draw.chance(often)) return [];
  const ward = draw.pick(WARD_NAMES) ?? 'surgery';
  const others = draw.chance(0.6) ? hospital.inpatients(ward) : hospital.discharged();
  const patients = someOf(draw, others, 1 + draw.poisson(0.5));
  return tend(draw, seat, patients, { reads: 4, writes: draw.chance(0.4) ? 1 : 0 });
}
