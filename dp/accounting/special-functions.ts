/** Special functions in double precision, accurate in both tails. */
import { requireInteger, requirePositive } from './arguments.ts';

const SQRT_PI = Math.sqrt(Math.PI);

/** erf and erfc change over from the series to the sum here. */
const SERIES_BELOW = 0.5;

/** Complementary error function 1 − erf(x), to a few 1e-16 relative until it underflows near x = 26.6. */
export function erfc(x: number): number {
  if (x < -SERIES_BELOW) return 2 - erfc(-x);
  if (x < SERIES_BELOW) return 1 - erfSeries(x);
  return expMinusSquare(x) * erfcx(x);
}

/** log(erfc(x)), finite wherever erfc itself underflows. */
export function logErfc(x: number): number {
  if (x < -SERIES_BELOW) return Math.log1p(1 - erfc(-x));
  if (x < SERIES_BELOW) return Math.log1p(-erfSeries(x));
  return Math.log(erfcx(x)) - x * x;
}

/**
 * Scaled complementary error function e^(x²)·erfc(x) for x ≥ 0.
 *
 * From 1/2 on it is (x/π)∫e^(−t²)/(t² + x²)dt by the trapezoid rule of step 1/2, whose error e^(−π²/h²) is below
 * 1e-17 once the residue at t = ix is taken out (Matta and Reichel 1971).
 */
export function erfcx(x: number): number {
  if (!(x >= 0)) return Number.NaN;
  if (x < SERIES_BELOW) return Math.exp(x * x) * (1 - erfSeries(x));
  const step = 0.5;
  let sum = 1 / (x * x);
  for (let k = 1; k <= 13; k++) {
    const square = (k * step) ** 2;
    sum += (2 * Math.exp(-square)) / (square + x * x);
  }
  const residue = x < Math.PI / step ? 2 * Math.exp(x * x - (2 * Math.PI * x) / step) : 0;
  return (step * x * sum) / Math.PI - residue / (1 - Math.exp((-2 * Math.PI * x) / step));
}

/** (2/√π)·e^(−x²)·Σ 2^n x^(2n+1)/(2n+1)!!: all terms of one sign. */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / SQRT_PI) * Math.exp(-x * x) * sum;
}

/** e^(−x²) without the rounding of x², which for x = 20 would cost two digits. */
function expMinusSquare(x: number): number {
  const coarse = Math.trunc(x * 16) / 16;
  return Math.exp(-coarse * coarse) * Math.exp(-(x - coarse) * (x + coarse));
}

/** B_2k/(2k(2k−1)), k = 1…8, of Stirling's series. */
const STIRLING = [
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  1 / 1188,
  -691 / 360360,
  1 / 156,
  -3617 / 122400,
] as const;

/** log Γ(x) for x > 0: Stirling's series after shifting x to 12 or more. Near its zeros 1 and 2 the error is absolute. */
export function logGamma(x: number): number {
  requirePositive('x', x);
  let shift = 1;
  let z = x;
  for (; z < 12; z++) shift *= z;
  let series = 0;
  for (let k = STIRLING.length - 1; k >= 0; k--) series = series / (z * z) + (STIRLING[k] ?? 0);
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series / z - Math.log(shift);
}

/**
 * log(e^(−x)·I_n(x)) of the modified Bessel function, for n = 0…reach, in time O(reach + √x).
 *
 * The ratios r_n = I_n/I_(n−1) follow from r_n = 1/(2n/x + r_(n+1)), stable downwards (Miller), begun so far out that
 * the first guess is forgotten; then e^x = I_0 + 2·Σ I_n fixes the scale. Every sum is of positive terms.
 */
export function logScaledBesselI(x: number, reach: number): Float64Array {
  requirePositive('x', x);
  requireInteger('reach', reach, 0);
  const start = reach + Math.ceil(9 * Math.sqrt(x)) + 40;
  const logs = new Float64Array(reach + 1);
  let ratio = x / (start + Math.hypot(start, x));
  let tail = 0;
  for (let n = start - 1; n >= 1; n--) {
    ratio = 1 / ((2 * n) / x + ratio);
    tail = ratio * (1 + tail);
    if (n <= reach) logs[n] = Math.log(ratio);
  }
  logs[0] = -Math.log1p(2 * tail);
  for (let n = 1; n <= reach; n++) logs[n] = (logs[n] ?? 0) + (logs[n - 1] ?? 0);
  return logs;
}

/** log I_n(x) for integer n ≥ 0 and x > 0. */
export function logBesselI(n: number, x: number): number {
  return x + (logScaledBesselI(x, n)[n] ?? Number.NaN);
}

/** log(e^a + e^b). */
export function logAddExp(a: number, b: number): number {
  const high = Math.max(a, b);
  return Number.isFinite(high) ? high + Math.log1p(Math.exp(Math.min(a, b) - high)) : high;
}

/** log(e^x − 1) for x > 0. */
export function logExpm1(x: number): number {
  return x > 1 ? x + Math.log1p(-Math.exp(-x)) : Math.log(Math.expm1(x));
}

/** log((1 + x)^a − 1 − ax) for a > 1 or a < 0, where x > −1 and `logOne` is log(1 + x): x itself may overflow. */
export function logExcess(a: number, x: number, logOne: number): number {
  if (Math.abs(x) * (Math.abs(a) + 1) < 0.2) {
    let term = (a * (a - 1) * x * x) / 2;
    let sum = term;
    for (let k = 3; Math.abs(term) > 1e-17 * sum; k++) {
      term *= ((a - k + 1) * x) / k;
      sum += term;
    }
    return Math.log(sum);
  }
  const power = a * logOne;
  if (power < 30) return Math.log(Math.expm1(power) - a * x);
  return power + Math.log1p(-(a * Math.exp(logOne - power) + (1 - a) * Math.exp(-power)));
}
