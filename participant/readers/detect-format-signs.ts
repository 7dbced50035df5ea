/** What tells each format from the others, in the order in which to look. */
import { atnaAuditReader } from './atna-audit.ts';
import { vulnerabilityReader } from './csaf.ts';
import { isTar } from './csaf-archive.ts';
import { epssFormat } from './csaf-exploited.ts';
import type { Look } from './detect-format.ts';
import { matchTable } from './detect-format-table.ts';
import { fhirAuditReader } from './fhir-audit.ts';
import { type JsonObject, parseObject } from './lines-json.ts';
import { suricataReader } from './suricata.ts';
import { tableReader } from './table.ts';
import type { RowReader } from './table-row.ts';
import { telemedicineReader } from './telemedicine.ts';
import { zeekReader } from './zeek.ts';

export type Seen =
  | { readonly kind: 'rows'; readonly reader: RowReader; readonly why: string }
  | { readonly kind: 'mail'; readonly why: string }
  /** Half a sentence, which never quotes the content. */
  | { readonly kind: 'not'; readonly reason: string };

export type Sign = (look: Look) => Seen;

export const FORMAT_SIGNS: readonly Sign[] = [archive, json, zeekHeader, auditMessage, epss, mail, table];

function rows(reader: RowReader, why: string): Seen {
  return { kind: 'rows', reader, why };
}

function not(reason: string): Seen {
  return { kind: 'not', reason };
}

const CSAF = /"csaf_version"\s*:/;

function archive({ bytes, text }: Look): Seen {
  if (!isTar(bytes)) return not('no tar archive');
  if (CSAF.test(text)) return rows(vulnerabilityReader, 'a tar archive of CSAF advisories');
  return not('a tar archive that does not begin with CSAF advisories');
}

function json({ text, lines }: Look): Seen {
  if (!startsObject(lines)) return not('no JSON objects');
  // A document over several lines is known by its keys: whatever is nested deeper comes later.
  const resource = /"resourceType"\s*:\s*"([A-Za-z]{1,64})"/.exec(text)?.[1];
  if (resource === 'AuditEvent') return rows(fhirAuditReader, 'JSON with the resourceType AuditEvent');
  if (resource === 'Bundle' && /"AuditEvent"/.test(text)) {
    return rows(fhirAuditReader, 'a FHIR Bundle with an AuditEvent among its first entries');
  }
  if (CSAF.test(text)) return rows(vulnerabilityReader, 'JSON with csaf_version');
  if (/"catalogVersion"\s*:/.test(text)) return rows(vulnerabilityReader, 'JSON with catalogVersion (KEV)');
  const object = firstObject(lines);
  if (object === null) return not('JSON, but none of FHIR audit, CSAF, KEV, and not one object a line');
  if (typeof object.event_type === 'string') {
    return rows(suricataReader, 'JSON lines with event_type (EVE)');
  }
  if ('ts' in object) {
    const id = ['uid', 'fuid', '_path', 'id.orig_h'].find((key) => key in object);
    return rows(zeekReader, `JSON lines with ts${id === undefined ? '' : ` and ${id}`}`);
  }
  if ('visit_type' in object && 'account' in object) {
    return rows(telemedicineReader, 'JSON lines with visit_type and account');
  }
  return not('JSON lines of none of Zeek (ts), Suricata (event_type), FHIR audit, telemedicine (visit_type)');
}

/** A log that was rotated may begin in mid-line, so the second line counts too. */
const firstTwo = (lines: readonly string[]) => lines.slice(0, 2);

function startsObject(lines: readonly string[]): boolean {
  return firstTwo(lines).some((line) => line.trimStart().startsWith('{'));
}

function firstObject(lines: readonly string[]): JsonObject | null {
  for (const line of firstTwo(lines)) {
    const parsed = parseObject(line);
    if (parsed.kind === 'object') return parsed.object;
  }
  return null;
}

function zeekHeader({ lines }: Look): Seen {
  const key = ['#separator', '#fields'].find((start) =>
    lines.some((line) => line.startsWith(`${start}\t`) || line.startsWith(`${start} `)),
  );
  return key === undefined ? not('no #fields line (Zeek)') : rows(zeekReader, `a header line ${key}`);
}

function auditMessage({ text }: Look): Seen {
  const found = /<(?:[A-Za-z_][\w.-]*:)?AuditMessage[\s>/]/.test(text);
  return found
    ? rows(atnaAuditReader, 'XML with the element AuditMessage')
    : not('no AuditMessage element (ATNA)');
}

function epss({ text }: Look): Seen {
  return epssFormat(text) === null
    ? not('no CVE scores (EPSS)')
    : rows(vulnerabilityReader, 'a table of CVE, score and percentile (EPSS)');
}

const MAIL_FIELDS =
  /^(?:from|to|subject|date|received|return-path|delivered-to|message-id|mime-version)[ \t]*:/i;

function mail({ lines }: Look): Seen {
  const [first = ''] = lines;
  if (/^From \S+.*\d{2}:\d{2}/.test(first)) return { kind: 'mail', why: 'an mbox: it begins with "From "' };
  // A header field's name (RFC 5322 §3.6.8); one that only mail has keeps other "key: value" files out.
  if (/^[!-9;-~]+[ \t]*:/.test(first) && lines.some((line) => MAIL_FIELDS.test(line))) {
    return { kind: 'mail', why: 'header lines of a mail (RFC 5322)' };
  }
  return not('no mail header');
}

function table(look: Look): Seen {
  const found = matchTable(look);
  if (found.kind === 'not') return found;
  return rows(tableReader(found.format), found.why);
}
