/** What an analyst may say of an access, and the class that a network learns. */
import { FedwardError } from '../../proto/errors.ts';

/** Classes of the network; 0 is benign. */
export const EHR_ACCESS_CLASSES = [
  ...(['benign', 'snooping', 'break-glass-abuse'] as const),
  ...(['bulk-read', 'shared-credentials', 'dormant-account'] as const),
] as const;

export type EhrAccessClass = (typeof EHR_ACCESS_CLASSES)[number];

/** Each verdict's class. The less serious come first: of an episode's verdicts the last in this order counts. */
const CLASS_OF_VERDICT = {
  benign: 'benign',
  snooping: 'snooping',
  'colleague-snooping': 'snooping',
  'vip-snooping': 'snooping',
  'break-glass-abuse': 'break-glass-abuse',
  'bulk-read': 'bulk-read',
  'shared-credentials': 'shared-credentials',
  'dormant-account': 'dormant-account',
} as const satisfies Readonly<Record<string, EhrAccessClass>>;

export type Verdict = keyof typeof CLASS_OF_VERDICT;

const SERIOUSNESS = Object.keys(CLASS_OF_VERDICT) as readonly Verdict[];

/** @throws FedwardError `DATA_INVALID` for a verdict that is not known. */
export function verdictOf(text: string): Verdict {
  const verdict = SERIOUSNESS.find((known) => known === text.trim().toLowerCase());
  if (verdict !== undefined) return verdict;
  throw new FedwardError(
    'DATA_INVALID',
    `The verdict is none of ${SERIOUSNESS.join(', ')}. Write one of these, or none.`,
  );
}

export function moreSerious(one: Verdict | null, other: Verdict | null): Verdict | null {
  if (one === null || other === null) return one ?? other;
  return SERIOUSNESS.indexOf(one) > SERIOUSNESS.indexOf(other) ? one : other;
}

/** Index in `EHR_ACCESS_CLASSES`. */
export function classOf(verdict: Verdict): number {
  return EHR_ACCESS_CLASSES.indexOf(CLASS_OF_VERDICT[verdict]);
}
