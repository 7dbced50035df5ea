/**
 * FHIR R4 AuditEvents: NDJSON as bulk export writes it, a Bundle, or a single resource. NDJSON is streamed;
 * a document that spans lines is read whole, under a limit.
 */
import { accessOfAuditEvent, auditEventSchema, labelsOfAuditEvent } from './fhir-audit-event.ts';
import { asBuffer, peek } from './gzip.ts';
import { DOCUMENT_LIMIT, readDocument } from './lines-document.ts';
import { faultReason } from './lines-fault.ts';
import { isObject, parseObject } from './lines-json.ts';
import { type LineFormat, type LineParser, linesOf, type Source, sourcesAt } from './lines-source.ts';
import { type RowItem, type RowReadOptions, refused, rowReader } from './table-row.ts';

export const fhirAuditReader = rowReader(
  { id: 'fhir-audit', title: 'FHIR R4 AuditEvent (NDJSON, Bundle)', threat: 'ehr-access' },
  readFhir,
);

async function* readFhir(path: string, options: RowReadOptions): AsyncGenerator<readonly RowItem[]> {
  for await (const source of sourcesAt(path, options)) {
    if (source.kind === 'refused') {
      yield [source];
    } else {
      yield* readSource(source, options);
    }
  }
}

const RESOURCE_LINES: LineFormat = { open: createResourceParser, closesItself: () => true };
const PROBE_BYTES = 64 * 1024;

async function* readSource(source: Source, options: RowReadOptions): AsyncGenerator<readonly RowItem[]> {
  try {
    const documentLimit = options.documentLimit ?? DOCUMENT_LIMIT;
    // A Bundle may be a single line.
    const byLines = { ...options, limit: options.limit ?? documentLimit };
    if (source.growing) {
      yield* linesOf(source, byLines, RESOURCE_LINES);
      return;
    }
    const { head, rest } = await peek(source.bytes, PROBE_BYTES);
    if (!isDocument(head)) {
      yield* linesOf({ ...source, bytes: rest }, byLines, RESOURCE_LINES);
      return;
    }
    const text = await readDocument(rest, documentLimit);
    options.signal?.throwIfAborted();
    yield readJson(source.name, (entry) => entry + 1, text);
  } catch (error) {
    yield [refused(source.name, 0, faultReason(error))];
  }
}

/** Whether JSON spans lines: the first line is no value of its own, nor is the second (a spoilt first line). */
function isDocument(head: Uint8Array): boolean {
  const lines = asBuffer(head)
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const [first = '', second = ''] = lines;
  if (lines.length < 2 && head.length >= PROBE_BYTES) return false;
  return parseObject(first).kind !== 'object' && parseObject(second).kind !== 'object';
}

function createResourceParser(source: string): LineParser {
  return {
    push(text, line, into) {
      if (text.trim() === '') return;
      for (const item of readJson(source, () => line, text)) into.push(item);
    },
    interrupt() {},
  };
}

/** @param positionOf the position of an entry, counted from 0. */
function readJson(source: string, positionOf: (entry: number) => number, text: string): RowItem[] {
  if (text.trim() === '') return [];
  const parsed = parseObject(text);
  if (parsed.kind === 'refused') return [refused(source, positionOf(0), parsed.reason, parsed.column)];
  const { object } = parsed;
  if (object.resourceType !== 'Bundle') return [readResource(source, positionOf(0), '', object)];
  const entries: unknown = object.entry ?? [];
  if (!Array.isArray(entries)) return [refused(source, positionOf(0), "The Bundle's entry is no list.")];
  return entries.map((entry: unknown, i) =>
    readResource(source, positionOf(i), `Entry ${i + 1}: `, isObject(entry) ? entry.resource : null),
  );
}

const RESOURCE_TYPE = /^[A-Z][A-Za-z]{0,63}$/;

function readResource(source: string, position: number, where: string, resource: unknown): RowItem {
  if (!isObject(resource)) return refused(source, position, `${where}There is no resource.`);
  const { resourceType } = resource;
  if (resourceType !== 'AuditEvent') {
    const kind = typeof resourceType === 'string' && RESOURCE_TYPE.test(resourceType) ? resourceType : null;
    const what = kind === null ? 'It has no resourceType' : `It is a ${kind}`;
    return refused(source, position, `${where}${what}, not an AuditEvent.`);
  }
  const result = auditEventSchema.safeParse(resource);
  if (!result.success) {
    const [issue] = result.error.issues;
    const field = ['AuditEvent', ...(issue?.path ?? [])].join('.');
    return refused(source, position, `${where}${field}: ${issue?.message ?? 'not valid'} (FHIR R4).`);
  }
  const event = result.data;
  const fields = accessOfAuditEvent(event);
  const note = fields.recorded === null ? `${where}The time in "recorded" cannot be read.` : null;
  const context = { id: event.id ?? null };
  const sample = { format: 'fhir-audit', fields, labels: labelsOfAuditEvent(event), context };
  return { kind: 'record', source, position, sample, note };
}
