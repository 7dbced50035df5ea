/** Numbers as people read them, the same on the terminal and on the page. Plain ASCII. */

/** 0.9713 → `97.1%`. */
export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)}%`;
}

/** A difference of two shares in percentage points, signed by words elsewhere: 0.059 → `5.9 points`. */
export function points(difference: number): string {
  const amount = Math.abs(100 * difference).toFixed(1);
  return `${amount} ${amount === '1.0' ? 'point' : 'points'}`;
}

export function auroc(value: number): string {
  return value.toFixed(3);
}

/** Rounded up, because an ε is never under-reported: 2.961 → `2.97`. */
export function epsilon(value: number): string {
  // Without the tiny subtrahend 2.97, which binary64 holds as 2.97000…1 times 100, would become 2.98.
  return (Math.ceil(value * 100 - 1e-9) / 100).toFixed(2);
}

/** 0.00001 → `1e-5`. */
export function small(value: number): string {
  return value >= 0.001 ? String(value) : value.toExponential();
}

/** 41_730 → `41.7 kB`, in powers of ten. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB'] as const;
  let scaled = value;
  let unit: string = units[0];
  for (const next of units.slice(1)) {
    if (scaled < 999.5) break;
    scaled /= 1000;
    unit = next;
  }
  return `${unit === 'B' || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${unit}`;
}

/** 0.042 → `42 ms`, 3.21 → `3.2 s`, 21.3 → `21 s`, 75 → `1 min 15 s`, 4000 → `1 h 7 min`. */
export function duration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
}

/** 5919 → `5,919`. */
export function integer(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

const SMALL_NUMBERS = 'no one two three four five six seven eight nine ten eleven twelve'.split(' ');

/** 5 → `five hospitals`. */
export function hospitals(count: number): string {
  return `${SMALL_NUMBERS[count] ?? integer(count)} ${count === 1 ? 'hospital' : 'hospitals'}`;
}

/** `north`, `north and south`, `north, south and west`. */
export function list(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}
