/** Parquet's values as cells, under the same rules as those of a CSV. */
import type { Cell } from '../../threats/record.ts';
import type { ColumnSpec } from './table-format.ts';

export type CellRead =
  | { readonly kind: 'cell'; readonly cell: Cell; readonly note: string | null }
  /** Half a sentence after the column's name. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Integers are exact up to here. */
const EXACT = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Booleans are 1 and 0. A time is seconds since 1970 where a number is wanted, as Zeek writes it, and ISO 8601 where a
 * text is.
 */
export function parquetCell(value: unknown, spec: ColumnSpec, unset: readonly string[]): CellRead {
  if (value === null || value === undefined) return cell(null);
  switch (typeof value) {
    case 'number':
      return spec.kind === 'text' ? cell(String(value)) : number(value, spec);
    case 'bigint': {
      if (spec.kind === 'text') return cell(String(value));
      const isExact = value <= EXACT && value >= -EXACT;
      return number(Number(value), spec, isExact ? null : 'is beyond 2⁵³ and was rounded.');
    }
    case 'boolean':
      return spec.kind === 'text' ? cell(String(value)) : number(Number(value), spec);
    case 'string':
      return text(value, spec, unset);
    default:
      if (value instanceof Date) return time(value, spec);
      return refuse('holds bytes, a list or an object where a plain value is needed.');
  }
}

function cell(value: Cell, note: string | null = null): CellRead {
  return { kind: 'cell', cell: value, note };
}

function refuse(reason: string): CellRead {
  return { kind: 'refused', reason };
}

function number(value: number, { range }: ColumnSpec, note: string | null = null): CellRead {
  if (!Number.isFinite(value)) return cell(null, 'is infinite or not a number; it is read as unset.');
  if (range !== undefined && (value < range[0] || value > range[1])) {
    return refuse(`is outside its range ${range[0]} to ${range[1]}.`);
  }
  return cell(value, note);
}

function text(value: string, spec: ColumnSpec, unset: readonly string[]): CellRead {
  const trimmed = value.trim();
  if (trimmed === '' || unset.includes(trimmed)) return cell(null);
  if (spec.kind === 'text') return cell(trimmed);
  const parsed = Number(trimmed);
  return Number.isNaN(parsed) ? refuse('holds text where a number is needed.') : number(parsed, spec);
}

function time(value: Date, spec: ColumnSpec): CellRead {
  const milliseconds = value.getTime();
  if (Number.isNaN(milliseconds)) return refuse('holds a time that no calendar has.');
  return spec.kind === 'text' ? cell(value.toISOString()) : number(milliseconds / 1000, spec);
}
