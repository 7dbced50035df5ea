/**
 * The u-coordinates of the points whose order divides 8 on Curve25519 and on its twist, worked out and not
 * copied, so that a list of them can be shown to be complete.
 *
 * Doubling is u ↦ (u² − 1)² / 4u(u² + Au + 1) on both curves (RFC 7748 §4.1, A = 486662). The discriminant of
 * u² + Au + 1 is no square, so only u = 0 doubles to infinity; only u = ±1 doubles to 0; and u doubles to ±1
 * where (u² − 1)² = ±4u(u² + Au + 1), which with v = u + 1/u is v² ∓ 4v = 4 ± 4A.
 */
const PRIME = 2n ** 255n - 19n;
const A = 486662n;

export function smallOrderCoordinates(): bigint[] {
  if (squareRoots(A * A - 4n).length > 0) throw new Error('u² + Au + 1 has roots');
  const found = [0n, 1n, PRIME - 1n];
  for (const sign of [1n, -1n]) {
    // v = 2·sign ± √(8 + 4·sign·A), then u² − vu + 1 = 0.
    for (const root of squareRoots(8n + 4n * sign * A)) {
      const v = 2n * sign + root;
      for (const inner of squareRoots(v * v - 4n)) found.push(mod((v + inner) * HALF));
    }
  }
  return [...new Set(found)];
}

const HALF = (PRIME + 1n) / 2n;

function mod(value: bigint): bigint {
  return ((value % PRIME) + PRIME) % PRIME;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let bits = exponent; bits > 0n; bits >>= 1n) {
    if (bits & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

/** Both, one (of zero) or none: p ≡ 5 mod 8, so a root is a^((p+3)/8), times √−1 where that is one of −a. */
function squareRoots(value: bigint): bigint[] {
  const a = mod(value);
  const root = power(a, (PRIME + 3n) / 8n);
  const turned = mod(root * power(2n, (PRIME - 1n) / 4n));
  const roots = [root, turned].filter((candidate) => mod(candidate * candidate - a) === 0n);
  return [...new Set(roots.flatMap((candidate) => [candidate, mod(-candidate)]))];
}
