/**
 * A mapping file: how a CSV that Fedward does not know becomes fields. YAML, so that a hospital can write it
 * beside its export (docs/readers.md shows one).
 */
import { z } from 'zod';
import { parseConfig } from '../../proto/config.ts';
import { FedwardError } from '../../proto/errors.ts';
import { LOG_THREATS, UNSUPERVISED_THREATS } from '../../threats/catalogue.ts';
import type { ColumnSpec, TableFormat } from './table-format.ts';
import { TABLE_FORMATS } from './table-formats.ts';

/** Plain names only: a column called `__proto__` must not reach an object's prototype. */
const fieldName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores');

const column = z
  .strictObject({
    /** The header's name; or the 1-based number, where there is no header. */
    column: z.union([z.string().min(1).max(256), z.int().min(1).max(10_000)]),
    /** @default the column's own name */
    field: fieldName.optional(),
    type: z.enum(['number', 'text']),
    role: z.enum(['feature', 'label', 'context']).default('feature'),
    range: z.tuple([z.number(), z.number()]).optional(),
    optional: z.boolean().default(false),
  })
  .refine(({ type, range }) => type === 'number' || range === undefined, 'a text has no range')
  .refine(({ range }) => range === undefined || range[0] <= range[1], 'the range must go from least to most');

export const mappingSchema = z.strictObject({
  /** Of a log with several kinds of rows with the kind: `zeek/conn`. */
  format: z
    .string()
    .regex(
      /^[A-Za-z][A-Za-z0-9_./-]{0,63}$/,
      'must be 1 to 64 letters, digits, dots, dashes, underscores or slashes',
    ),
  threat: z.string().min(1).max(64),
  delimiter: z
    .string()
    .regex(/^[^"\r\n]$/, 'must be one character, and no quotation mark')
    .default(','),
  header: z.boolean().default(true),
  /** How many columns the file has, where it has no header. */
  width: z.int().min(1).max(10_000).optional(),
  unset: z.array(z.string().max(64)).max(32).default(['-', 'NA', 'null']),
  comment: z.string().min(1).max(8).optional(),
  columns: z.array(column).min(1).max(10_000),
});

export type Mapping = z.output<typeof mappingSchema>;

/**
 * @param source where the text came from, for messages.
 * @throws FedwardError `CONFIG_INVALID` that names the key and what is wrong with it.
 */
export function parseMapping(text: string, source: string): TableFormat {
  const mapping = parseConfig(mappingSchema, text, source);
  const named = mapping.columns.map((entry) => ({ ...entry, name: fieldOf(entry, source) }));
  const names = named.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) refuse(source, `two columns give the field ${twice}`);
  return {
    id: mapping.format,
    title: `${mapping.format}, by ${source}`,
    threat: mapping.threat,
    delimiter: mapping.delimiter,
    header: mapping.header ? 'first line' : 'none',
    columns: mapping.header ? byName(named, source) : byNumber(named, mapping.width, source),
    unset: mapping.unset,
    unknownColumns: 'let be',
    ...(mapping.comment === undefined ? {} : { comment: mapping.comment }),
  };
}

/**
 * What the catalogue says of a mapping: a sentence for fields that the format does not have, and that no encoder sees
 * therefore.
 *
 * @throws FedwardError `CONFIG_INVALID` for a threat that is not known or is not for logs, and a format it does not take.
 */
export function mappingDoubts(format: TableFormat, source: string): string[] {
  const all = [...LOG_THREATS, ...UNSUPERVISED_THREATS];
  const threat = all.find(({ id }) => id === format.threat);
  if (threat === undefined) {
    const known = LOG_THREATS.map(({ id }) => id).join(', ');
    return refuse(source, `there is no threat "${format.threat}" for logs; known are ${known}`);
  }
  if (!threat.formats.includes(format.id)) {
    const taken = threat.formats.join(', ');
    refuse(source, `"${threat.id}" takes no "${format.id}"; "format" must be one of ${taken}`);
  }
  const table = TABLE_FORMATS.find(({ id }) => id === format.id);
  const known = table?.columns.map(({ name }) => name) ?? threat.fields;
  if (known === undefined) return [];
  const unknown = format.columns
    .filter(({ role }) => role === 'feature' || (role === 'label' && table !== undefined))
    .map(({ name }) => name)
    .filter((name) => !known.includes(name));
  if (unknown.length === 0) return [];
  const [what, verb] = unknown.length === 1 ? ['a field', 'it has'] : ['fields', 'they have'];
  return [
    `${source} gives ${what} that ${format.id} does not have, so that ${verb} no effect: ${unknown.join(', ')}.`,
  ];
}

type NamedColumn = Mapping['columns'][number] & { readonly name: string };

function fieldOf({ column: from, field }: Mapping['columns'][number], source: string): string {
  if (field !== undefined) return field;
  if (fieldName.safeParse(from).success) return String(from);
  return refuse(source, `column ${JSON.stringify(from)} needs a field name`);
}

function specOf({ name, type, role, range, optional }: NamedColumn): ColumnSpec {
  return { name, kind: type, role, optional, ...(range === undefined ? {} : { range }) };
}

function byName(columns: readonly NamedColumn[], source: string): ColumnSpec[] {
  return columns.map((entry) => {
    const { column: from } = entry;
    if (typeof from === 'number') refuse(source, `column ${from} is a number, but the file has a header`);
    return { ...specOf(entry), spellings: [String(from)] };
  });
}

/** One spec for every column of the file, in its order. */
function byNumber(columns: readonly NamedColumn[], width: number | undefined, source: string): ColumnSpec[] {
  const byPlace = new Map<number, NamedColumn>();
  for (const entry of columns) {
    const { column: from } = entry;
    if (typeof from !== 'number') refuse(source, `column ${from} must be a number: the file has no header`);
    if (byPlace.has(Number(from))) refuse(source, `column ${from} is mapped twice`);
    byPlace.set(Number(from), entry);
  }
  const last = Math.max(...byPlace.keys());
  if (width !== undefined && width < last) refuse(source, `column ${last} is beyond the width ${width}`);
  return Array.from({ length: width ?? last }, (_, i): ColumnSpec => {
    const entry = byPlace.get(i + 1);
    return entry === undefined ? { name: `column${i + 1}`, kind: 'text', role: 'ignored' } : specOf(entry);
  });
}

function refuse(source: string, problem: string): never {
  throw new FedwardError('CONFIG_INVALID', `${source} is not a valid mapping: ${problem}.`);
}
