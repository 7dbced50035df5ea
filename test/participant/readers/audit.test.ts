import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { atnaAuditReader } from '../../../participant/readers/atna-audit.ts';
import { parseXml, XmlFault } from '../../../participant/readers/atna-audit-xml.ts';
import { fhirAuditReader } from '../../../participant/readers/fhir-audit.ts';
import { fixture, readText, samples, troubles } from './sources.ts';

const ndjson = readFileSync(fixture('audit-events.ndjson'), 'utf8');

test('AuditEvents line by line, a Bundle among them, and each refusal with its field', async () => {
  const items = await readText(fhirAuditReader, ndjson);
  expect(samples(items)[0]).toEqual({
    format: 'fhir-audit',
    fields: {
      ...{ event: 'rest', subtype: 'read', action: 'R', outcome: 0, recorded: '2024-03-01T08:00:00Z' },
      ...{ purpose: 'TREAT', user: 'dr-1', role: null, network: '10.0.0.7', network_type: '2', agents: 1 },
      ...{ site: 'ward', observer: 'Device/ehr', patient: 'Patient/p1', object: null, object_type: null },
      ...{ object_role: null, lifecycle: null, sensitivity: null, query: 0, entities: 1 },
    },
    labels: {},
    context: { id: 'a1' },
  });
  expect(samples(items).map(({ context }) => context.id)).toEqual(['a1', 'a2', null]);
  expect(troubles(items)).toEqual([
    '2 The time in "recorded" cannot be read.',
    '3 AuditEvent.agent.0.requestor: Invalid input: expected boolean, received string (FHIR R4).',
    '4 It is a Patient, not an AuditEvent.',
    '5 Entry 2: There is no resource.',
    expect.stringMatching(/^6(:\d+)? It is not JSON, or JSON that is cut off\.$/),
  ]);
});

test('the same resources as a document that spans lines: a Bundle, and one by itself', async () => {
  const resources = ndjson
    .split('\n')
    .slice(0, 4)
    .map((line) => JSON.parse(line) as unknown);
  const bundle = { resourceType: 'Bundle', entry: resources.map((resource) => ({ resource })) };
  const lines = samples(await readText(fhirAuditReader, ndjson)).slice(0, 2);
  for (const text of [JSON.stringify(bundle, null, 2), JSON.stringify(bundle)]) {
    const items = await readText(fhirAuditReader, `\ufeff${text}`);
    expect(samples(items)).toEqual(lines);
    expect(items).toHaveLength(4);
  }
  const pretty = await readText(fhirAuditReader, JSON.stringify(bundle, null, 2));
  expect(pretty.map(({ position }) => position)).toEqual([1, 2, 3, 4]);
  expect(samples(await readText(fhirAuditReader, JSON.stringify(resources[0], null, 2)))).toEqual(
    lines.slice(0, 1),
  );
});

test("an analyst's tag is the verdict, other tags are none, contradicting ones stay together", async () => {
  const [line = ''] = ndjson.split('\n');
  const tagged = (...tag: object[]) =>
    JSON.stringify({ ...(JSON.parse(line) as object), meta: { versionId: '1', tag } });
  const verdict = (code: string) => ({ system: 'urn:fedward:label', code });
  const lines = [
    tagged(verdict('vip-snooping')),
    tagged({ system: 'http://example.org/tags', code: 'benign' }, { code: 'benign' }),
    tagged(verdict('benign'), verdict('bulk-read')),
    tagged(),
  ];
  const [plain] = samples(await readText(fhirAuditReader, line));
  const read = samples(await readText(fhirAuditReader, lines.join('\n')));
  expect(read.map(({ labels }) => labels)).toEqual([
    { verdict: 'vip-snooping' },
    {},
    { verdict: 'benign,bulk-read' },
    {},
  ]);
  for (const { fields } of read) expect(fields).toEqual(plain?.fields);
});

test('a spoilt first line does not turn NDJSON into a document', async () => {
  const items = await readText(fhirAuditReader, `{"resourceType": \n${ndjson}`);
  expect(samples(items)).toHaveLength(3);
});

test('a document beyond the limit is refused, not held', async () => {
  const text = JSON.stringify({ resourceType: 'Bundle', entry: Array(50).fill({ resource: {} }) }, null, 2);
  expect(troubles(await readText(fhirAuditReader, text, { documentLimit: 500 }, 64))).toEqual([
    '0 The document has more than 500 bytes. Split it, or export it as NDJSON.',
  ]);
});

test('ATNA messages: syslog lines, several in a line, one over many lines; bad ones located', async () => {
  const text = readFileSync(fixture('audit-syslog.log'));
  for (const chunk of [7, 65_536]) {
    const items = await readText(atnaAuditReader, text, {}, chunk);
    expect(samples(items)[0]?.fields).toEqual({
      ...{ event: '110110', subtype: null, action: 'R', outcome: 0, recorded: '2024-03-01T08:00:00+01:00' },
      ...{ purpose: 'BTG', user: 'nurse7', role: 'nurse', network: '10.0.0.7', network_type: '2', agents: 1 },
      ...{
        site: 'ward',
        observer: 'ehr1',
        patient: 'p1',
        object: null,
        object_type: null,
        object_role: null,
      },
      ...{ lifecycle: null, sensitivity: null, query: 0, entities: 1 },
    });
    expect(samples(items)[1]?.fields).toMatchObject({ event: '110112', action: 'C', outcome: 4 });
    expect(samples(items)).toHaveLength(2);
    expect(troubles(items)).toEqual([
      '2 EventActionCode is none of C, R, U, D, E.',
      '3 Text stands here that belongs to no audit message.',
      '4 The message is not XML: an end tag has no start tag.',
      '10 The message is cut off.',
    ]);
  }
});

test('a comment before the declaration and a placeholder for the time are coped with, and said', async () => {
  const text = `<!-- sample\n of <AuditMessage> -->\n<?xml version="1.0"?>
<AuditMessage><EventIdentification EventDateTime="\${timeStamp}" EventOutcomeIndicator="0"/></AuditMessage>\n`;
  expect(troubles(await readText(atnaAuditReader, text))).toEqual([
    '4 A comment stands before the message, perhaps before the XML declaration; it is passed over. EventDateTime is a placeholder that was never filled in; the time is unset.',
  ]);
});

test('a message without end is given up at the limit', async () => {
  const text = `<AuditMessage>\n${'<a>x</a>\n'.repeat(100)}`;
  const items = await readText(atnaAuditReader, text, { limit: 300 });
  expect(troubles(items)[0]).toBe('1 The message has more than 300 characters.');
});

test('a line of nothing but comments, or of many messages, is read in one go', async () => {
  // Searched anew after each comment or message, either line would take minutes.
  const size = 2 ** 21;
  const comments = '<!---->'.repeat(size / 7);
  expect(troubles(await readText(atnaAuditReader, `${comments}x`, { limit: size }))).toEqual([
    '1 Text stands here that belongs to no audit message.',
  ]);
  const message = '<AuditMessage></AuditMessage>';
  const items = await readText(atnaAuditReader, message.repeat(size / 29), { limit: size });
  expect(items).toHaveLength(Math.floor(size / 29));
  expect(new Set(troubles(items)).size).toBe(1);
  const mixed = await readText(atnaAuditReader, `${message}<!-- ${message} -->`.repeat(1000));
  expect(mixed).toHaveLength(1000);
}, 20_000);

test('XML: names without prefix, entities, CDATA, comments, single quotes', () => {
  const text = `<d:a xmlns:d="urn:x" b='1 &lt; &#50;&#x33;'><!-- c > --><c/>t<![CDATA[<&]]>&amp;</d:a>`;
  expect(parseXml(text)).toEqual({
    name: 'a',
    attributes: { b: '1 < 23' },
    children: [{ name: 'c', attributes: {}, children: [], text: '' }],
    text: 't<&&',
  });
});

test.each([
  ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
  ['a document type that serves nothing', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'],
  ['an unknown entity', '<a>&x;</a>'],
  ['a bare ampersand', '<a b="&"/>'],
  ['a code that is no character', '<a>&#xD800;</a>'],
  ['an end tag without start', '<a></b>'],
  ['two roots', '<a/><b/>'],
  ['text outside', 'x<a/>'],
  ['an attribute without value', '<a b></a>'],
  ['an attribute without end', '<a b="c></a>'],
  ['no end', '<a><b></b>'],
  ['nothing', ''],
  ['depth', '<a>'.repeat(33) + '</a>'.repeat(33)],
  ['a crowd', `<a>${'<b/>'.repeat(30_000)}</a>`],
])('XML with %s is refused', (_, text) => {
  expect(() => parseXml(text)).toThrow(XmlFault);
});
