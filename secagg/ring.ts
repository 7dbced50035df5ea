/**
 * Arithmetic of the ring ℤ/2^32 that vectors are masked and summed in.
 *
 * A residue is held as the int32 that is congruent to it, so an `Int32Array` is at once the residue and its
 * centred reading in [−2^31, 2^31). `| 0` reduces: V8 keeps such loops in 32-bit registers, twice as fast
 * as `Uint32Array` with `>>> 0`.
 */

/** target ← target + addend. Both of the same length; the caller has checked it. */
export function addInPlace(target: Int32Array, addend: Int32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = ((target[i] ?? 0) + (addend[i] ?? 0)) | 0;
}

/** target ← target − subtrahend. Both of the same length; the caller has checked it. */
export function subtractInPlace(target: Int32Array, subtrahend: Int32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = ((target[i] ?? 0) - (subtrahend[i] ?? 0)) | 0;
}

/** The representative in [−2^31, 2^31) of an integer's residue; exact for |value| < 2^53. */
export function centred(value: number): number {
  return value | 0;
}
