/** What the vector samplers ask of their arguments. */
import { FedwardError } from '../../proto/errors.ts';

/** Up to here every integer of the samplers' coins is exact in 53 bits: 2σ² and (t − u)² reach 2^51. */
export const MAX_SCALE = 2 ** 25;

/** @throws FedwardError `INVALID_ARGUMENT` unless `value` is an integer from 1 to 2^25. */
export function requireScale(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= MAX_SCALE) return;
  throw new FedwardError(
    'INVALID_ARGUMENT',
    `${name} must be an integer from 1 to ${MAX_SCALE}, the range in which this sampler is exact; got ${value}. Round it up to an integer, use a coarser grid, or draw from dp/sampling/exact.`,
  );
}

/** @throws FedwardError `INVALID_ARGUMENT` unless `length` is an integer from 0 up. */
export function requireLength(length: number): void {
  if (Number.isSafeInteger(length) && length >= 0) return;
  throw new FedwardError('INVALID_ARGUMENT', `length must be a non-negative integer; got ${length}.`);
}
