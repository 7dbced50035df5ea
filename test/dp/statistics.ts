/**
 * Pearson's statistic turned into a standard normal deviate (Wilson and Hilferty 1931). Above 5 the fit is
 * refuted at p < 3·10^-7.
 */
export function chiSquareDeviate(observed: ArrayLike<number>, expected: ArrayLike<number>): number {
  let statistic = 0;
  for (let i = 0; i < expected.length; i++) {
    statistic += ((observed[i] ?? 0) - (expected[i] ?? 0)) ** 2 / (expected[i] ?? 0);
  }
  const freedom = expected.length - 1;
  const spread = 2 / (9 * freedom);
  return (Math.cbrt(statistic / freedom) - (1 - spread)) / Math.sqrt(spread);
}

/** Kolmogorov's √n·sup|F_n − F|. Above 2.8 the fit is refuted at p < 4·10^-7. */
export function kolmogorovStatistic(sample: ArrayLike<number>, cdf: (x: number) => number): number {
  const sorted = Float64Array.from(sample).sort();
  let largest = 0;
  sorted.forEach((x, i) => {
    const f = cdf(x);
    largest = Math.max(largest, f - i / sorted.length, (i + 1) / sorted.length - f);
  });
  return largest * Math.sqrt(sorted.length);
}

/** Φ, by the series of erf for small and Lentz' continued fraction for large arguments. */
export function normalCdf(x: number): number {
  const z = Math.abs(x);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z > 5) return x < 0 ? density / z : 1 - density / z;
  let term = z;
  let sum = z;
  for (let k = 1; k < 200; k++) {
    term *= (z * z) / (2 * k + 1);
    sum += term;
  }
  return x < 0 ? 0.5 - density * sum : 0.5 + density * sum;
}

/** N_ℤ(0, σ²) on {−reach, …, reach}, normalised over ℤ up to e^(−reach²/2σ²). */
export function discreteGaussianPmf(sigma: number, reach: number): Float64Array {
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** The law of a sum, on the same centred window; what falls outside is lost. */
export function convolve(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length);
  const half = (a.length - 1) / 2;
  for (let i = 0; i < a.length; i++) {
    for (let j = Math.max(0, half - i); j < Math.min(b.length, a.length + half - i); j++) {
      out[i + j - half] = (out[i + j - half] ?? 0) + (a[i] ?? 0) * (b[j] ?? 0);
    }
  }
  return out;
}
