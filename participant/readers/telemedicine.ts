/** Logs of telemedicine sessions: one JSON object a line, as `threats/telemedicine-session/session.ts` declares it. */
import { sessionRow, telemedicineSessionSchema } from '../../threats/telemedicine-session/session.ts';
import { parseObject } from './lines-json.ts';
import { readByLines } from './lines-source.ts';
import { type RowItem, refused, rowReader } from './table-row.ts';

export const telemedicineReader = rowReader(
  { id: 'telemedicine', title: 'Telemedicine sessions (NDJSON)', threat: 'telemedicine-session' },
  (path, options) =>
    readByLines(path, options, {
      open: (source) => ({
        push(text, line, into) {
          if (text !== '') into.push(readSession(source, text, line));
        },
        interrupt() {},
      }),
      closesItself: () => true,
    }),
);

function readSession(source: string, text: string, line: number): RowItem {
  const parsed = parseObject(text);
  if (parsed.kind === 'refused') return refused(source, line, parsed.reason, parsed.column);
  const session = telemedicineSessionSchema.safeParse(parsed.object);
  if (session.success) {
    return { kind: 'record', source, position: line, sample: sessionRow(session.data), note: null };
  }
  const [issue] = session.error.issues;
  return refused(source, line, `The field ${issue?.path.join('.')} does not fit: ${issue?.message}.`);
}
