/** JSON values from logs, made flat: `{"flow": {"age": 3}}` becomes `flow.age = 3`. */
import type { Cell } from '../../threats/record.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export type Parsed =
  | { readonly kind: 'object'; readonly object: JsonObject }
  /** `column` is 1-based, where the parser says it. */
  | { readonly kind: 'refused'; readonly column: number | null; readonly reason: string };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One JSON object. The reason never quotes the text, as `JSON.parse` itself does. */
export function parseObject(text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const at = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const column = at === undefined ? null : Number(at) + 1;
    return { kind: 'refused', column, reason: 'It is not JSON, or JSON that is cut off.' };
  }
  if (isObject(value)) return { kind: 'object', object: value };
  return { kind: 'refused', column: null, reason: 'It is JSON, but no object.' };
}

const DEEPEST = 8;
const MOST_FIELDS = 2_000;

export interface Flat {
  readonly fields: Record<string, Cell>;
  /** What was left out, in one sentence; null when nothing was. */
  readonly note: string | null;
}

/**
 * Every value of `object` under its path. Booleans are 1 and 0; a list of plain values is one text with
 * commas between, as Zeek's TSV has it; the members of other lists are numbered from 0.
 */
export function flattened(object: JsonObject): Flat {
  const fields: Record<string, Cell> = {};
  let count = 0;
  let leftOut = false;

  const add = (path: string, value: unknown, depth: number): void => {
    // An assignment to this name would change the object's prototype instead.
    if (count >= MOST_FIELDS || depth > DEEPEST || path === '__proto__') {
      leftOut = true;
    } else if (isObject(value)) {
      for (const [key, inner] of Object.entries(value))
        add(path === '' ? key : `${path}.${key}`, inner, depth + 1);
    } else if (Array.isArray(value) && value.some((inner) => typeof inner === 'object' && inner !== null)) {
      for (const [i, inner] of value.entries()) add(`${path}.${i}`, inner, depth + 1);
    } else {
      count++;
      fields[path] = Array.isArray(value)
        ? value.map((inner) => String(cell(inner) ?? '')).join()
        : cell(value);
    }
  };
  add('', object, 0);
  const note = leftOut
    ? `What lies deeper than ${DEEPEST} levels, beyond ${MOST_FIELDS} fields or under "__proto__" is left out.`
    : null;
  return { fields, note };
}

function cell(value: unknown): Cell {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return typeof value === 'string' ? value : null;
}
