/**
 * One text per value, so that it can be hashed: object keys in ascending order, no white space, numbers as
 * ECMAScript prints them (the shortest text that reads back to the same binary64).
 */
import { FedwardError } from '../proto/errors.ts';

export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  const scalar = value === null || typeof value === 'string' || typeof value === 'boolean';
  if (scalar || (typeof value === 'number' && Number.isFinite(value))) return JSON.stringify(value);
  throw new FedwardError(
    'INVALID_ARGUMENT',
    `Canonical JSON holds text, finite numbers, booleans and null, not ${typeof value === 'number' ? value : typeof value}.`,
  );
}
