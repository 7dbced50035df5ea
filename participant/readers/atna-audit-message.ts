/** One DICOM audit message, as XML, into the row that FHIR's AuditEvent gives too. */
import { parseXml, type XmlElement, XmlFault } from './atna-audit-xml.ts';
import { type AccessFields, codes, instant } from './fhir-audit-fields.ts';
import { type RowItem, refused } from './table-row.ts';

const OUTCOMES = new Set(['0', '4', '8', '12']);
const ACTION = /^[CRUDE]$/;
/** Application, source and destination (DICOM CID 402): programs, not persons. */
const PROGRAMS = new Set(['110150', '110152', '110153']);
const PERSON = '1';
const PATIENT = '1';

/** @param line where the message begins. */
export function messageRow(source: string, line: number, xml: string, note: string | null): RowItem {
  let message: XmlElement;
  try {
    message = parseXml(xml);
  } catch (error) {
    if (!(error instanceof XmlFault)) throw error;
    const before = xml.slice(0, error.at).split('\n');
    const column = before.length === 1 ? null : (before.at(-1)?.length ?? 0) + 1;
    return refused(source, line + before.length - 1, `The message is not XML: ${error.message}.`, column);
  }
  const event = child(message, 'EventIdentification');
  if (event === undefined) return refused(source, line, 'The message has no EventIdentification.');
  const { EventActionCode: action, EventOutcomeIndicator: outcome, EventDateTime: time } = event.attributes;
  if (action !== undefined && !ACTION.test(action)) {
    return refused(source, line, 'EventActionCode is none of C, R, U, D, E.');
  }
  if (outcome === undefined || !OUTCOMES.has(outcome)) {
    return refused(source, line, 'EventOutcomeIndicator is none of 0, 4, 8, 12.');
  }
  const recorded = instant(time ?? '');
  const notes = [note, recorded === null ? timeNote(time) : null].filter((each) => each !== null);
  const fields = accessOfMessage(message, event, recorded, action ?? null, Number(outcome));
  return {
    kind: 'record',
    source,
    position: line,
    sample: { format: 'atna-audit', fields, labels: {}, context: {} },
    note: notes.length === 0 ? null : notes.join(' '),
  };
}

function timeNote(time: string | undefined): string {
  if (time === undefined) return 'EventDateTime is missing; the time is unset.';
  return /^\$\{\w+\}$/.test(time)
    ? 'EventDateTime is a placeholder that was never filled in; the time is unset.'
    : 'EventDateTime cannot be read; the time is unset.';
}

function accessOfMessage(
  message: XmlElement,
  event: XmlElement,
  recorded: string | null,
  action: string | null,
  outcome: number,
): AccessFields {
  const agents = children(message, 'ActiveParticipant');
  const asked = requestor(agents);
  const observer = child(message, 'AuditSourceIdentification')?.attributes ?? {};
  const objects = children(message, 'ParticipantObjectIdentification');
  const patient = objects.find(isPatient);
  const object = objects.find((each) => !isPatient(each));
  return {
    event: code(child(event, 'EventID')) ?? null,
    subtype: codes(children(event, 'EventTypeCode').map(code)),
    action,
    outcome,
    recorded,
    purpose: codes(children(event, 'PurposeOfUse').map(code)),
    user: asked?.attributes.UserID ?? null,
    role: codes(asked === undefined ? [] : roles(asked)),
    network: asked?.attributes.NetworkAccessPointID ?? null,
    network_type: asked?.attributes.NetworkAccessPointTypeCode ?? null,
    agents: agents.length,
    site: observer.AuditEnterpriseSiteID ?? null,
    observer: observer.AuditSourceID ?? null,
    patient: patient?.attributes.ParticipantObjectID ?? null,
    object: object?.attributes.ParticipantObjectID ?? null,
    object_type: object?.attributes.ParticipantObjectTypeCode ?? null,
    object_role: object?.attributes.ParticipantObjectTypeCodeRole ?? null,
    lifecycle: (object ?? patient)?.attributes.ParticipantObjectDataLifeCycle ?? null,
    sensitivity: codes(objects.map(({ attributes }) => attributes.ParticipantObjectSensitivity)),
    query: objects.some((each) => child(each, 'ParticipantObjectQuery') !== undefined) ? 1 : 0,
    entities: objects.length,
  };
}

/** A person among those who asked, where there is one: programs ask on their behalf. */
function requestor(agents: readonly XmlElement[]): XmlElement | undefined {
  const asking = agents.filter(({ attributes }) => attributes.UserIsRequestor?.toLowerCase() === 'true');
  const isPerson = (agent: XmlElement) =>
    !roles(agent).some((role) => role !== undefined && PROGRAMS.has(role));
  return asking.find(isPerson) ?? asking[0] ?? agents[0];
}

function isPatient({ attributes }: XmlElement): boolean {
  const { ParticipantObjectTypeCode: type, ParticipantObjectTypeCodeRole: role } = attributes;
  return type === PERSON && role === PATIENT;
}

function roles(agent: XmlElement): (string | undefined)[] {
  return children(agent, 'RoleIDCode').map(code);
}

/** DICOM writes `csd-code`, RFC 3881 `code`. */
function code(element: XmlElement | undefined): string | undefined {
  return element?.attributes['csd-code'] ?? element?.attributes.code;
}

function child(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((each) => each.name === name);
}

function children(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((each) => each.name === name);
}
