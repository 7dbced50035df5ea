/** A description as people read it. */
import { styleText } from 'node:util';
import { printable, shortened } from '../cli/printable.ts';
import { amount, listed, percent } from '../quality-words.ts';
import type { DescribedColumn, Description, ThreatFit } from './describe.ts';
import { short, wrapped } from './text.ts';

export interface TextOptions {
  readonly width: number;
  readonly colour: boolean;
  /** Without the table of columns. */
  readonly quiet: boolean;
}

export function descriptionText(description: Description, { width, colour, quiet }: TextOptions): string {
  const bold = (text: string) => (colour ? styleText('bold', text) : text);
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', bold(title), ...lines];
  const bullets = (texts: readonly string[]) =>
    texts.flatMap((text) =>
      wrapped(printable(text), width - 4).map((line, i) => `${i === 0 ? '  - ' : '    '}${line}`),
    );
  return [
    bold(printable(description.path)),
    ...wrapped(`${description.title}. Told by: ${description.why}.`, width - 2).map((line) => `  ${line}`),
    ...(description.whole
      ? []
      : [`  Only the first ${counted(description.report.records, 'row')} were looked at.`]),
    ...section('Formats', bullets(formatCounts(description))),
    ...(quiet ? [] : section('Columns', columnTable(description.columns, width))),
    ...section('Quality', bullets(description.words)),
    ...section('Fits', bullets(fitSentences(description))),
    '',
  ].join('\n');
}

const GAP = 2;
const MOST_NAME = 30;
const HEAD = { name: 'name', role: 'role', type: 'type', missing: 'missing', values: 'values' };

function columnTable(columns: readonly DescribedColumn[], width: number): string[] {
  const rows = [HEAD, ...columns.map(rowOf)];
  const widest = (pick: (row: typeof HEAD) => string, most: number) =>
    Math.min(most, Math.max(...rows.map((row) => pick(row).length)));
  const name = widest((row) => row.name, MOST_NAME);
  const role = widest((row) => row.role, 7);
  const type = widest((row) => row.type, 6);
  const missing = widest((row) => row.missing, 13);
  const values = width - name - role - type - missing - 5 * GAP;
  return rows.map((row) =>
    [
      ' ',
      shortened(row.name, name).padEnd(name),
      row.role.padEnd(role),
      row.type.padEnd(type),
      row.missing.padStart(missing),
      shortened(row.values, values),
    ]
      .join(' '.repeat(GAP))
      .slice(1)
      .trimEnd(),
  );
}

function rowOf({ role, field }: DescribedColumn): typeof HEAD {
  const { name, kind, missing } = field;
  return { name, role, type: kind, missing: missing === 0 ? '' : percent(missing), values: valuesOf(field) };
}

/** A column whose most frequent text is rarer is one of ids, names or addresses. */
const FREQUENT = 0.01;

function shown(value: string): string {
  return value === '' ? '(empty)' : shortened(value, 24);
}

function valuesOf({ kind, range, top, constant }: DescribedColumn['field']): string {
  const numbers =
    range === null
      ? ''
      : range.least === range.most
        ? `always ${short(range.least)}`
        : `${short(range.least)} to ${short(range.most)}, mean ${short(range.mean)}`;
  const [most] = top;
  const texts =
    most !== undefined && most.share < FREQUENT
      ? 'many different values'
      : top.map(({ value, share }) => `${shown(value)} ${percent(share)}`).join(', ');
  switch (kind) {
    case 'number':
      return numbers;
    case 'text':
      return constant ? `always ${shown(most?.value ?? '')}` : texts;
    case 'both':
      return `${numbers}; ${texts}`;
    case 'unset':
      return '';
    default:
      return kind satisfies never;
  }
}

function counted(count: number, one: string): string {
  return `${amount(count)} ${one}${count === 1 ? '' : 's'}`;
}

/** Of one format the title says all. */
function formatCounts({ formats }: Description): string[] {
  const counts = Object.entries(formats);
  return counts.length < 2 ? [] : counts.map(([format, count]) => `${format}: ${counted(count, 'row')}`);
}

function fitSentences({ fits, mappable, kind }: Description): string[] {
  if (kind === 'mail') {
    return ['malicious-email: put mails of each class into a folder of its own, benign/ and malicious/.'];
  }
  if (fits.length > 0) return fits.map(fitSentence);
  const byName = mappable.map(
    ({ threat, found, of }) =>
      `${threat}, by a mapping file: ${found} of its ${of} fields are there by name.`,
  );
  return byName.length > 0
    ? byName
    : ['No threat takes it as it is; a mapping file may make it fit (docs/readers.md).'];
}

function fitSentence({ threat, classes, unlabelled, unsupervised, refused, lacking }: ThreatFit): string {
  const counts = Object.entries(classes).filter(([, count]) => count > 0);
  const labelled = counts.map(([name, count]) => `${name} ${amount(count)}`);
  const parts = [
    ...(labelled.length === 0 ? [] : [labelled.join(', ')]),
    ...(unlabelled > 0 ? [`${counted(unlabelled, 'record')} without a label`] : []),
    ...(unlabelled > 0 && unsupervised !== null
      ? [`without labels: ${unsupervised} (${counted(unlabelled, 'record')})`]
      : []),
    ...(refused > 0 ? [`${amount(refused)} of no use to it`] : []),
    ...(lacking.length > 0 ? [`it lacks ${listed(lacking)}`] : []),
  ];
  return `${threat}: ${parts.join('; ')}.`;
}
