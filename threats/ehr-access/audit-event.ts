/** The generator's rows, and the same as FHIR R4 AuditEvents (https://hl7.org/fhir/R4/auditevent.html). */
import type { Cell, Cells, RowSample } from '../record.ts';
import type { Staff } from './hospital.ts';
import type { Touch } from './touch.ts';

/** Event, subtype, action and outcome of each deed. */
const EVENTS: Readonly<Record<Touch['deed'], readonly [string, string | null, string, number]>> = {
  read: ['rest', 'read', 'R', 0],
  write: ['rest', 'update', 'U', 0],
  query: ['rest', 'search', 'E', 0],
  export: ['110106', null, 'R', 0],
  login: ['110114', '110122', 'E', 0],
  failure: ['110114', '110122', 'E', 4],
};

const EXPORTED = '10';
const ZONE = '+01:00';
const ZONE_MS = 3_600_000;

/** @param start of the hour, in milliseconds since 1970. */
export function rowOf(
  { staff, touch }: { readonly staff: Staff; readonly touch: Touch },
  start: number,
  id: string,
  prefix: string,
): RowSample {
  const [event, subtype, action, outcome] = EVENTS[touch.deed];
  const { patient, purpose, network } = touch;
  const about = patient === null ? null : patient.id;
  const isQuery = touch.deed === 'query';
  return {
    format: 'fhir-audit',
    fields: {
      event,
      subtype,
      action,
      outcome,
      recorded: new Date(start + touch.at + ZONE_MS).toISOString().replace('Z', ZONE),
      purpose,
      user: prefix + staff.id,
      role: staff.role,
      network,
      network_type: '2',
      agents: 1,
      site: staff.ward,
      observer: 'Device/ehr',
      patient: about,
      object: null,
      object_type: isQuery ? '2' : null,
      object_role: isQuery ? '24' : null,
      lifecycle: touch.deed === 'export' && about !== null ? EXPORTED : null,
      sensitivity: patient === null ? null : patient.sensitivity,
      query: isQuery ? 1 : 0,
      entities: about !== null || isQuery ? 1 : 0,
    },
    labels: { verdict: touch.verdict },
    context: { id },
  };
}

const TERMINOLOGY = 'http://terminology.hl7.org/CodeSystem';
const DCM = 'http://dicom.nema.org/resources/ontology/DCM';

/** A row of `auditRows` as the AuditEvent that a reader makes the same row of. */
export function auditEventOf({ fields, labels, context }: RowSample): object {
  const dicom = /^\d+$/.test(String(fields.event));
  const entities = [...patientEntity(fields), ...queryEntity(fields)];
  return {
    resourceType: 'AuditEvent',
    id: context.id,
    meta: { tag: codings(labels.verdict, 'urn:fedward:label') },
    type: { system: dicom ? DCM : `${TERMINOLOGY}/audit-event-type`, code: fields.event },
    // FHIR's JSON has no empty lists.
    ...listed('subtype', codings(fields.subtype, dicom ? DCM : 'http://hl7.org/fhir/restful-interaction')),
    action: fields.action,
    recorded: fields.recorded,
    outcome: String(fields.outcome),
    ...listed(
      'purposeOfEvent',
      codings(fields.purpose, `${TERMINOLOGY}/v3-ActReason`).map((coding) => ({ coding: [coding] })),
    ),
    agent: [
      {
        role: [{ coding: [{ code: fields.role }] }],
        who: { identifier: { value: fields.user } },
        requestor: true,
        network: { address: fields.network, type: fields.network_type },
      },
    ],
    source: { site: fields.site, observer: { reference: fields.observer } },
    ...listed('entity', entities),
  };
}

function patientEntity({ patient, lifecycle, sensitivity }: Cells): object[] {
  const labels = codings(sensitivity, '').map(({ code }) => ({
    system: `${TERMINOLOGY}/${/^[LMNRUV]$/.test(code) ? 'v3-Confidentiality' : 'v3-ActCode'}`,
    code,
  }));
  return present(patient).map((reference) => ({
    what: { reference },
    type: { system: `${TERMINOLOGY}/audit-entity-type`, code: '1' },
    role: { system: `${TERMINOLOGY}/object-role`, code: '1' },
    ...(lifecycle == null
      ? {}
      : { lifecycle: { system: `${TERMINOLOGY}/dicom-audit-lifecycle`, code: lifecycle } }),
    ...listed('securityLabel', labels),
  }));
}

function queryEntity({ query, object_type, object_role }: Cells): object[] {
  if (query !== 1) return [];
  return [
    {
      type: { system: `${TERMINOLOGY}/audit-entity-type`, code: object_type },
      role: { system: `${TERMINOLOGY}/object-role`, code: object_role },
      query: Buffer.from('name=').toString('base64'),
    },
  ];
}

function listed(name: string, items: readonly object[]): object {
  return items.length === 0 ? {} : { [name]: items };
}

function codings(cell: Cell | undefined, system: string): { system: string; code: string }[] {
  return present(cell).flatMap((codes) => codes.split(',').map((code) => ({ system, code })));
}

function present(cell: Cell | undefined): string[] {
  return cell == null ? [] : [String(cell)];
}
