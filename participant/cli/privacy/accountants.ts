/** The three ways to count that the calculator offers, behind one small interface. */
import type { DpEvent } from '../../../dp/accounting/events.ts';
import { INTEGER_ORDERS } from '../../../dp/accounting/orders.ts';
import { PldAccountant } from '../../../dp/accounting/pld.ts';
import { RdpAccountant } from '../../../dp/accounting/rdp.ts';
import type { DeltaCurve } from '../../../dp/audit/reidentification.ts';
import type { Training } from './question.ts';

export const ACCOUNTANTS = ['rdp', 'pld', 'ledger'] as const;

export type AccountantName = (typeof ACCOUNTANTS)[number];

export const ACCOUNTANT_HELP =
  'rdp: Rényi accountant; pld: privacy loss distribution, tightest; ledger: as the hospitals’ ledgers charge integer noise';

export interface Accountant {
  epsilon(delta: number): number;
  delta(epsilon: number): number;
}

/** δ at many ε, for the same releases. */
export function curveOf(name: AccountantName, training: Training): DeltaCurve {
  const accountant = accountantOf(name, training);
  return accountant instanceof PldAccountant ? accountant.curve() : accountant;
}

/** The Poisson-sampled Gaussian of DP-SGD, composed over all steps. */
export function accountantOf(name: AccountantName, training: Training): Accountant {
  const event = stepOf(training);
  switch (name) {
    case 'rdp':
      return new RdpAccountant().compose(event, training.steps);
    case 'ledger':
      return new RdpAccountant({ orders: INTEGER_ORDERS }).compose(event, training.steps);
    case 'pld':
      return new PldAccountant().compose(event, training.steps);
    default:
      return name satisfies never;
  }
}

export function stepOf({ noiseMultiplier, sampleRate }: Training): DpEvent {
  const noise = { type: 'gaussian', noiseMultiplier } as const;
  return sampleRate === 1 ? noise : { type: 'poissonSampled', rate: sampleRate, event: noise };
}
