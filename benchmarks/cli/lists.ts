/** Comma-separated arguments. */
import { FedwardError } from '../../proto/errors.ts';

/** `1,3,none` → [1, 3, null]; `none` only where it makes sense. */
export function epsilonList(text: string, allowNone: boolean): (number | null)[] {
  return text.split(',').map((part) => {
    if (allowNone && part.trim() === 'none') return null;
    const epsilon = part.trim() === '' ? Number.NaN : Number(part);
    if (epsilon > 0 && Number.isFinite(epsilon)) return epsilon;
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `--epsilon must list positive numbers${allowNone ? ' or "none"' : ''}, as in ${allowNone ? '1,3,8,none' : '1,3'}; got ${JSON.stringify(part.slice(0, 40))}.`,
    );
  });
}

/** `1,2` → [1, 2]. */
export function seedList(text: string): number[] {
  return text.split(',').map((part) => {
    const seed = part.trim() === '' ? Number.NaN : Number(part);
    if (Number.isSafeInteger(seed) && seed >= 0) return seed;
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `--seeds must list whole numbers, as in 1,2,3; got ${JSON.stringify(part.slice(0, 40))}.`,
    );
  });
}
