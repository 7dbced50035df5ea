/** Fourier transform of real sequences of power-of-two length, in double precision. */
import { invalid } from './arguments.ts';

/** Bins 0…n/2 of the transform of n real numbers; the others are their conjugates. */
export interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/**
 * Bound on the error of either direction, in the Euclidean norm and relative to that of the result: at most 7u per
 * level of butterflies with twiddles correct to u (Higham, Accuracy and Stability, theorem 24.2) and two levels more
 * for the real packing; rounded up.
 */
export function fftRelativeError(length: number): number {
  return 8 * (Number.EPSILON / 2) * (Math.log2(length) + 2);
}

/** Transforms of one length, with their twiddles. */
export class RealFft {
  readonly length: number;
  /** e^(−2πik/n) for k < n/2. */
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;

  /** @throws FedwardError `INVALID_ARGUMENT` unless `length` is a power of two from 4 on. */
  constructor(length: number) {
    if (!(Number.isInteger(Math.log2(length)) && length >= 4))
      throw invalid(`length must be a power of two of at least 4; got ${length}.`);
    this.length = length;
    [this.#cos, this.#sin] = twiddles(length);
  }

  /** X_k = Σ x_j·e^(−2πijk/n), for k = 0…n/2. */
  forward(x: Float64Array): Spectrum {
    const half = this.length / 2;
    // Even entries as real, odd ones as imaginary parts: one complex transform of half the length.
    const re = new Float64Array(half + 1);
    const im = new Float64Array(half + 1);
    for (let j = 0; j < half; j++) {
      re[j] = x[2 * j] ?? 0;
      im[j] = x[2 * j + 1] ?? 0;
    }
    this.#complex(re, im, half);
    re[half] = re[0] ?? 0;
    im[half] = im[0] ?? 0;
    for (let k = 0, l = half; k <= l; k++, l--) this.#separate(re, im, k, l, 1);
    return { re, im };
  }

  /** The sequence of a spectrum, which is used up. */
  inverse({ re, im }: Spectrum): Float64Array {
    const half = this.length / 2;
    for (let k = 0, l = half; k <= l; k++, l--) this.#separate(re, im, k, l, -1);
    // The inverse transform is the forward one of the conjugate.
    for (let k = 0; k < half; k++) im[k] = -(im[k] ?? 0);
    this.#complex(re, im, half);
    const x = new Float64Array(this.length);
    for (let j = 0; j < half; j++) {
      x[2 * j] = (re[j] ?? 0) / half;
      x[2 * j + 1] = -(im[j] ?? 0) / half;
    }
    return x;
  }

  /**
   * With E and O the spectra of the even and of the odd entries: E + iO in bins k and l = n/2 − k becomes
   * E + e^(−2πik/n)·O (`sign` 1), or the other way round (`sign` −1).
   */
  #separate(re: Float64Array, im: Float64Array, k: number, l: number, sign: 1 | -1): void {
    const half = this.length / 2;
    const c = k === half ? -1 : (this.#cos[k] ?? 0);
    const s = k === half ? 0 : (this.#sin[k] ?? 0);
    const evenRe = ((re[k] ?? 0) + (re[l] ?? 0)) / 2;
    const evenIm = ((im[k] ?? 0) - (im[l] ?? 0)) / 2;
    const diffRe = ((re[k] ?? 0) - (re[l] ?? 0)) / 2;
    const diffIm = ((im[k] ?? 0) + (im[l] ?? 0)) / 2;
    // Forward: ∓i·w times the difference; backward: its inverse, ±i times the conjugate of w.
    const oddRe = sign === 1 ? c * diffIm + s * diffRe : -c * diffIm + s * diffRe;
    const oddIm = sign === 1 ? s * diffIm - c * diffRe : s * diffIm + c * diffRe;
    re[k] = evenRe + oddRe;
    im[k] = evenIm + oddIm;
    re[l] = evenRe - oddRe;
    im[l] = oddIm - evenIm;
  }

  /** In place, radix two, decimation in time. */
  #complex(re: Float64Array, im: Float64Array, n: number): void {
    reverseBits(re, im, n);
    const cos = this.#cos;
    const sin = this.#sin;
    for (let size = 2; size <= n; size *= 2) {
      const half = size / 2;
      const stride = this.length / size;
      for (let start = 0; start < n; start += size) {
        for (let a = start, w = 0; a < start + half; a++, w += stride) {
          const b = a + half;
          const c = cos[w] ?? 0;
          const s = sin[w] ?? 0;
          const bRe = re[b] ?? 0;
          const bIm = im[b] ?? 0;
          const tRe = c * bRe - s * bIm;
          const tIm = c * bIm + s * bRe;
          const aRe = re[a] ?? 0;
          const aIm = im[a] ?? 0;
          re[a] = aRe + tRe;
          im[a] = aIm + tIm;
          re[b] = aRe - tRe;
          im[b] = aIm - tIm;
        }
      }
    }
  }
}

function reverseBits(re: Float64Array, im: Float64Array, n: number): void {
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    const r = re[i] ?? 0;
    re[i] = re[j] ?? 0;
    re[j] = r;
    const m = im[i] ?? 0;
    im[i] = im[j] ?? 0;
    im[j] = m;
  }
}

/** Angles are reduced to an eighth of the circle, where rounding them costs nothing. */
function twiddles(n: number): [Float64Array, Float64Array] {
  const cos = new Float64Array(n / 2);
  const sin = new Float64Array(n / 2);
  for (let k = 0; k < n / 2; k++) {
    const quarter = Math.min(k, n / 2 - k);
    const near = quarter <= n / 8;
    const angle = (2 * Math.PI * (near ? quarter : n / 4 - quarter)) / n;
    const c = near ? Math.cos(angle) : Math.sin(angle);
    cos[k] = k <= n / 4 ? c : -c;
    sin[k] = -(near ? Math.sin(angle) : Math.cos(angle));
  }
  return [cos, sin];
}
