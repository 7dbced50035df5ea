/** Spoilt messages as objects: what a codec without checks would let through. */
import type fc from 'fast-check';
import { type Edit, edited, pick } from './edits.ts';

type Leaf = null | string | number | Uint8Array | Int32Array;
type Tree = Leaf | readonly Tree[] | { readonly [key: string]: Tree };

const OBJECT_EDITS = ['replace', 'resize', 'flip', 'drop', 'double', 'swap', 'insert', 'empty'] as const;
/** What says which kind of message it is: the caller has looked at it. */
const ROUTE: readonly string[] = ['type', 'stage', 'opens'];

/**
 * `honest` with leaves and elements of lists changed, or replaced by those of the same name in `donors`. The
 * result keeps the shape of a `T` and nothing of what the codec checks.
 */
export function spoiltObject<T extends object>(honest: T, donors: readonly object[]): fc.Arbitrary<T> {
  const pool = new Map<string, Tree[]>();
  for (const donor of [honest, ...donors]) collect('', donor as Tree, pool);
  return edited<Tree, string>(honest as Tree, OBJECT_EDITS, (tree, edit) =>
    editTree('', tree, edit, pool),
  ) as fc.Arbitrary<unknown> as fc.Arbitrary<T>;
}

/** Every leaf and every element of a list, by the name of its field. */
function collect(name: string, tree: Tree, pool: Map<string, Tree[]>): void {
  if (isLeaf(tree)) {
    pool.set(name, [...(pool.get(name) ?? []), tree]);
  } else if (Array.isArray(tree)) {
    for (const item of tree as readonly Tree[]) {
      if (!isLeaf(item)) pool.set(name, [...(pool.get(name) ?? []), item]);
      collect(name, item, pool);
    }
  } else {
    for (const [key, value] of Object.entries(tree)) collect(key, value, pool);
  }
}

function editTree(name: string, tree: Tree, edit: Edit<string>, pool: ReadonlyMap<string, Tree[]>): Tree {
  const donor = pick(pool.get(name) ?? [], edit.donor);
  if (isLeaf(tree)) return editLeaf(tree, edit, donor);
  const deeper = (count: number) => ({ ...edit, at: Math.floor(edit.at / count), depth: edit.depth - 1 });
  if (isList(tree)) {
    const at = edit.at % (tree.length || 1);
    const item = tree[at];
    if (item === undefined || edit.kind === 'insert') {
      return donor === undefined ? tree : tree.toSpliced(edit.to % (tree.length + 1), 0, donor);
    }
    const listEdits: readonly string[] = ['drop', 'double', 'swap', 'empty'];
    if (edit.depth > 1 || !listEdits.includes(edit.kind)) {
      return tree.with(at, editTree(name, item, deeper(tree.length), pool));
    }
    if (edit.kind === 'drop') return tree.toSpliced(at, 1);
    if (edit.kind === 'double') return tree.toSpliced(edit.to % (tree.length + 1), 0, item);
    if (edit.kind === 'empty') return [];
    const other = edit.to % tree.length;
    return tree.with(at, tree[other] ?? item).with(other, item);
  }
  const keys = Object.keys(tree).filter((key) => !ROUTE.includes(key));
  const key = keys[edit.at % (keys.length || 1)];
  const value = key === undefined ? undefined : tree[key];
  if (key === undefined || value === undefined) return tree;
  return { ...tree, [key]: editTree(key, value, deeper(keys.length), pool) };
}

function editLeaf(leaf: Leaf, { kind, at, to, bytes }: Edit<string>, donor: Tree | undefined): Leaf {
  const replace = kind === 'replace' || kind === 'insert' || kind === 'swap';
  if (leaf === null) return typeof donor === 'number' ? donor : to;
  if (typeof leaf === 'string') {
    if (replace && typeof donor === 'string') return donor;
    return kind === 'empty' ? '' : `${leaf}${kind === 'double' ? leaf : 'x'}`;
  }
  if (typeof leaf === 'number') {
    return [0, -1, leaf + 1, leaf - 1, 0.5, Number.NaN, 2 ** 32, Number.POSITIVE_INFINITY][at % 8] ?? 0;
  }
  if (leaf instanceof Int32Array) {
    const longer = Int32Array.from([...leaf, to | 0]);
    if (kind === 'resize' || kind === 'double') return longer;
    return leaf.map((word, i) => (i === at % leaf.length ? to | 0 : word));
  }
  if (replace && donor instanceof Uint8Array) return donor;
  if (kind === 'empty') return new Uint8Array();
  if (kind === 'drop') return leaf.subarray(0, -1);
  if (kind === 'resize' || kind === 'double') return Uint8Array.from([...leaf, ...bytes]);
  const index = at % (leaf.length || 1);
  return Uint8Array.from(leaf, (byte, i) => (i === index ? byte ^ (1 << (to & 7)) : byte));
}

function isLeaf(tree: Tree): tree is Leaf {
  return typeof tree !== 'object' || tree === null || ArrayBuffer.isView(tree);
}

function isList(tree: Tree): tree is readonly Tree[] {
  return Array.isArray(tree);
}
