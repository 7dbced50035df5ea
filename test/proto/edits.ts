/** How messages are spoilt: a few edits, one after the other, each at a place that chance chooses. */
import fc from 'fast-check';

/** One change. What the numbers choose among depends on what they meet, so they are reduced by its length. */
export interface Edit<Kind> {
  readonly kind: Kind;
  readonly at: number;
  readonly to: number;
  readonly depth: number;
  readonly donor: number;
  readonly bytes: Uint8Array;
}

function editOf<Kind>(kinds: readonly Kind[]): fc.Arbitrary<Edit<Kind>> {
  return fc.noBias(
    fc.record({
      kind: fc.constantFrom(...kinds),
      at: fc.nat(),
      to: fc.nat(),
      depth: fc.nat({ max: 5 }),
      donor: fc.nat(),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    }),
  );
}

/** One change of `start`, or two or three, one after the other. */
export function edited<T, Kind>(start: T, kinds: readonly Kind[], apply: (value: T, edit: Edit<Kind>) => T) {
  const edit = editOf(kinds);
  return fc
    .oneof({ arbitrary: fc.tuple(edit), weight: 3 }, fc.array(edit, { minLength: 2, maxLength: 3 }))
    .map((edits) => edits.reduce(apply, start));
}

export function pick<T>(list: readonly T[], index: number): T | undefined {
  return list[index % (list.length || 1)];
}
