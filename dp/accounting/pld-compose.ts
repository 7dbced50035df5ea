/**
 * The losses of many releases add up: convolution by the Fourier transform, exponentially tilted.
 *
 * A transform errs by 1e-16 of the largest mass everywhere, and a thousandfold power by a thousand times that: too much
 * beside δ = 1e-10. So the masses are multiplied by e^(θ·loss) and scaled to 1 first (Esscher), which moves the bulk
 * of the sum to the ε in question; there the untilted sum has the *relative* error of the transform. The same
 * moments bound by Chernoff what lies outside the window that the transform can tell apart.
 */
import { fftRelativeError, RealFft, type Spectrum } from './fft.ts';
import type { LossMasses } from './pld-discretise.ts';

/** `count` releases of one kind. */
export interface Releases {
  readonly loss: LossMasses;
  readonly count: number;
}

/** Both tilted tails outside the window together. */
const OUTSIDE_WINDOW = 1e-10;

/** log E[e^(θ·L); L finite] of the sum L of all losses. */
export function logMoment(releases: readonly Releases[], tilt: number): number {
  return releases.reduce((sum, { loss, count }) => sum + count * logMomentOf(loss, tilt), 0);
}

/** Upper bound on the probability that any loss is infinite. */
export function infiniteMass(releases: readonly Releases[]): number {
  return releases.reduce((sum, { loss, count }) => sum + count * loss.infinite, 0);
}

/** Upper bound on the probability that any loss was not between two points. */
export function outsideMass(releases: readonly Releases[]): number {
  return releases.reduce((sum, { loss, count }) => sum + count * loss.outside, 0);
}

/**
 * log max_x (1 − e^(−x))·e^(−θx): E[(1 − e^(ε − L))₊] is at most e^(logMoment − θε) times this, whatever L is
 * (Canonne, Kamath and Steinke 2020, proposition 12 for θ = α − 1).
 */
export function logHockeyStickFactor(tilt: number): number {
  return -tilt * Math.log1p(1 / tilt) - Math.log1p(tilt);
}

/** Mean and variance of the sum of the tilted losses. */
export function tiltedMoments(
  releases: readonly Releases[],
  tilt: number,
): { mean: number; variance: number } {
  let mean = 0;
  let variance = 0;
  for (const { loss, count } of releases) {
    const logScale = logMomentOf(loss, tilt);
    const moment = (weight: (loss: number) => number) => {
      let sum = 0;
      for (let i = 0; i < loss.masses.length; i++) {
        const l = loss.losses[i] ?? 0;
        sum += (loss.masses[i] ?? 0) * Math.exp(tilt * l - logScale) * weight(l);
      }
      return sum;
    };
    const each = moment((l) => l);
    mean += count * each;
    variance += count * moment((l) => (l - each) ** 2);
  }
  return { mean, variance };
}

/** Where the sum of the tilted losses lies but for `OUTSIDE_WINDOW`. */
export function tiltedWindow(
  releases: readonly Releases[],
  tilt: number,
  steps = chernoffSteps(releases, tilt),
): { low: number; high: number } {
  return { low: chernoffEnd(releases, tilt, steps.low), high: chernoffEnd(releases, tilt, steps.high) };
}

/** The further tilts at which Chernoff's bound on either end of the window is best. */
export function chernoffSteps(releases: readonly Releases[], tilt: number): { low: number; high: number } {
  const deviation = Math.sqrt(tiltedMoments(releases, tilt).variance);
  // For a normal distribution it would be this over the deviation; an atom has none, and exponents must stay finite.
  const usual = Math.sqrt(2 * Math.log(2 / OUTSIDE_WINDOW)) / Math.max(deviation, widestRange(releases) / 30);
  const steps = Array.from({ length: 8 }, (_, i) => usual * 2 ** (1 - i * 0.5));
  const best = (sign: 1 | -1) =>
    steps
      .map((step) => ({ step: sign * step, end: sign * chernoffEnd(releases, tilt, sign * step) }))
      .reduce((a, b) => (b.end < a.end ? b : a)).step;
  return { low: best(-1), high: best(1) };
}

/** The farthest that two finite losses of one release are apart. */
export function widestRange(releases: readonly Releases[]): number {
  return Math.max(...releases.map(({ loss: { losses } }) => (losses.at(-1) ?? 0) - (losses[0] ?? 0)));
}

/** Pr(L beyond a) ≤ e^(K(θ + t) − K(θ) − t·a), for either sign of t. */
function chernoffEnd(releases: readonly Releases[], tilt: number, step: number): number {
  return (logMoment(releases, tilt + step) - logMoment(releases, tilt) + Math.log(2 / OUTSIDE_WINDOW)) / step;
}

/** δ as a function of ε, up to a known error. */
export interface HockeyStick {
  /** E[(1 − e^(ε − L))₊; L finite] lies within `charge(epsilon)` of it. */
  finite(epsilon: number): number;
  charge(epsilon: number): number;
}

/**
 * Releases on one mesh, composed. What the window folds back into itself, the transforms' rounding and that of the
 * masses are all in `charge`.
 */
export function composeOnMesh(
  releases: readonly Releases[],
  mesh: number,
  tilt: number,
  window: { low: number; high: number },
): HockeyStick {
  const bottom = Math.floor(window.low / mesh) - 1;
  const length = fftLength(window, mesh);
  const { masses, error } = tiltedSum(releases, mesh, tilt, bottom, length);
  const logScale = logMoment(releases, tilt);
  const curve = connectedCurve(masses, bottom, mesh, tilt, logScale);
  const count = releases.reduce((sum, { count }) => sum + count, 0);
  // Masses are right to 1e-14 or so, each δ is a sum of positive terms, and e^logScale magnifies its exponent's error.
  const rounding = Number.EPSILON * (200 * count + length);
  const most = Math.exp(logHockeyStickFactor(tilt));
  // By Cauchy and Schwarz: Σ of e^(−2θx)·(1 − e^(−x))² over the mesh is at most its integral over h, and its maximum.
  const weights = 1 / (mesh * tilt * (2 * tilt + 1) * (2 * tilt + 2)) + most ** 2;
  const logCharge = logScale + Math.log(most * OUTSIDE_WINDOW + Math.sqrt(weights) * error);
  return {
    finite: curve,
    charge: (epsilon) => Math.exp(logCharge - tilt * epsilon) + rounding * Math.abs(curve(epsilon)),
  };
}

/** Least power of two that holds the window. */
export function fftLength(window: { low: number; high: number }, mesh: number): number {
  return 2 ** Math.max(4, Math.ceil(Math.log2((window.high - window.low) / mesh + 4)));
}

/** Tilted masses of the sum from index `bottom` on, with a bound on their error in the Euclidean norm. */
function tiltedSum(
  releases: readonly Releases[],
  mesh: number,
  tilt: number,
  bottom: number,
  length: number,
): { masses: Float64Array; error: number } {
  const fft = new RealFft(length);
  let total: Spectrum | undefined;
  let error = fftRelativeError(length);
  for (const { loss, count } of releases) {
    const folded = new Float64Array(length);
    const logScale = logMomentOf(loss, tilt);
    const first = Math.round((loss.losses[0] ?? 0) / mesh);
    for (let i = 0; i < loss.masses.length; i++) {
      const at = modulo(first + i, length);
      folded[at] =
        (folded[at] ?? 0) + (loss.masses[i] ?? 0) * Math.exp(tilt * (loss.losses[i] ?? 0) - logScale);
    }
    const norm = Math.sqrt(folded.reduce((sum, mass) => sum + mass * mass, 0));
    // A power of spectrum values of modulus ≤ 1 has `count` times their error, and each product three roundings.
    error += count * (fftRelativeError(length) + 4 * Number.EPSILON) * norm;
    const spectrum = fft.forward(folded);
    power(spectrum, count);
    total = total === undefined ? spectrum : multiply(total, spectrum);
  }
  if (total === undefined) throw new RangeError('No releases to add up.');
  const cyclic = fft.inverse(total);
  const masses = cyclic.map((_, i) => cyclic[modulo(bottom + i, length)] ?? 0);
  return { masses, error };
}

/**
 * δ(ε) of masses at even losses. From point to point down, δ_(k−1) = δ_k + (1 − e^(−h))·E_k with
 * E_k = m_k + e^(−h)·E_(k+1): sums of positive terms. Between two points it is linear in e^ε.
 */
function connectedCurve(
  tilted: Float64Array,
  bottom: number,
  mesh: number,
  tilt: number,
  logScale: number,
): (epsilon: number) => number {
  const deltas = new Float64Array(tilted.length);
  const shrink = Math.exp(-mesh);
  const gain = -Math.expm1(-mesh);
  let beyond = 0;
  for (let k = tilted.length - 1; k >= 0; k--) {
    const mass = (tilted[k] ?? 0) * Math.exp(logScale - tilt * (bottom + k) * mesh);
    deltas[k] = k + 1 < tilted.length ? (deltas[k + 1] ?? 0) + gain * beyond : 0;
    beyond = mass + shrink * beyond;
  }
  return (epsilon) => {
    const position = epsilon / mesh - bottom;
    const k = Math.floor(position);
    if (k < 0) return (deltas[0] ?? 0) - Math.expm1(position * mesh) * beyond;
    if (k + 1 >= deltas.length) return 0;
    const here = deltas[k] ?? 0;
    return here + (((deltas[k + 1] ?? 0) - here) * Math.expm1((position - k) * mesh)) / Math.expm1(mesh);
  };
}

function logMomentOf({ losses, masses }: LossMasses, tilt: number): number {
  const reference = tilt > 0 ? (losses.at(-1) ?? 0) : (losses[0] ?? 0);
  let sum = 0;
  for (let i = 0; i < masses.length; i++) {
    sum += (masses[i] ?? 0) * Math.exp(tilt * ((losses[i] ?? 0) - reference));
  }
  return tilt * reference + Math.log(sum);
}

/** Spectrum to the power of `exponent` ≥ 1, in place, by squaring. */
function power({ re, im }: Spectrum, exponent: number): void {
  for (let k = 0; k < re.length; k++) {
    let [baseRe, baseIm] = [re[k] ?? 0, im[k] ?? 0];
    let [powerRe, powerIm] = [1, 0];
    for (let left = exponent; ; ) {
      if (left % 2 === 1) {
        const t = powerRe * baseRe - powerIm * baseIm;
        powerIm = powerRe * baseIm + powerIm * baseRe;
        powerRe = t;
      }
      left = Math.floor(left / 2);
      if (left === 0) break;
      const t = baseRe * baseRe - baseIm * baseIm;
      baseIm *= 2 * baseRe;
      baseRe = t;
    }
    re[k] = powerRe;
    im[k] = powerIm;
  }
}

function multiply(a: Spectrum, b: Spectrum): Spectrum {
  for (let k = 0; k < a.re.length; k++) {
    const [aRe, aIm, bRe, bIm] = [a.re[k] ?? 0, a.im[k] ?? 0, b.re[k] ?? 0, b.im[k] ?? 0];
    a.re[k] = aRe * bRe - aIm * bIm;
    a.im[k] = aRe * bIm + aIm * bRe;
  }
  return a;
}

function modulo(value: number, length: number): number {
  return ((value % length) + length) % length;
}
