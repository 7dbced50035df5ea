/** FHIR R4 AuditEvent (https://hl7.org/fhir/R4/auditevent.html): the parts that are read, and the row they make. */
import { z } from 'zod';
import type { Cells } from '../../threats/record.ts';
import { type AccessFields, codes, instant } from './fhir-audit-fields.ts';

const text = z.string().max(65_536);
const coding = z.looseObject({ system: text.optional(), code: text.optional() });
const concept = z.looseObject({ coding: z.array(coding).optional() });
const reference = z.looseObject({
  reference: text.optional(),
  identifier: z.looseObject({ value: text.optional() }).optional(),
  display: text.optional(),
});

const agent = z.looseObject({
  type: concept.optional(),
  role: z.array(concept).optional(),
  who: reference.optional(),
  altId: text.optional(),
  name: text.optional(),
  requestor: z.boolean(),
  network: z.looseObject({ address: text.optional(), type: text.optional() }).optional(),
  purposeOfUse: z.array(concept).optional(),
});

const entity = z.looseObject({
  what: reference.optional(),
  type: coding.optional(),
  role: coding.optional(),
  lifecycle: coding.optional(),
  securityLabel: z.array(coding).optional(),
  query: text.optional(),
});

export const auditEventSchema = z.looseObject({
  resourceType: z.literal('AuditEvent'),
  id: text.optional(),
  meta: z.looseObject({ tag: z.array(coding).optional() }).optional(),
  type: coding,
  subtype: z.array(coding).optional(),
  action: z.enum(['C', 'R', 'U', 'D', 'E']).optional(),
  recorded: text,
  outcome: z.enum(['0', '4', '8', '12']).optional(),
  purposeOfEvent: z.array(concept).optional(),
  agent: z.array(agent).min(1),
  source: z.looseObject({ site: text.optional(), observer: reference, type: z.array(coding).optional() }),
  entity: z.array(entity).optional(),
});

export type AuditEvent = z.output<typeof auditEventSchema>;
type Agent = z.output<typeof agent>;
type Entity = z.output<typeof entity>;
type Concept = z.output<typeof concept>;

/** System of the tag by which an analyst says what an access was: `benign`, `vip-snooping`, … */
const LABEL_SYSTEM = 'urn:fedward:label';

const PERSON = '1';
const PATIENT = '1';

export function accessOfAuditEvent(event: AuditEvent): AccessFields {
  const asked = requestor(event.agent);
  const entities = event.entity ?? [];
  const patient = entities.find(isPatient);
  const object = entities.find((each) => !isPatient(each));
  return {
    event: event.type.code ?? null,
    subtype: codes((event.subtype ?? []).map(({ code }) => code)),
    action: event.action ?? null,
    outcome: event.outcome === undefined ? null : Number(event.outcome),
    recorded: instant(event.recorded),
    purpose: codes([
      ...conceptCodes(event.purposeOfEvent),
      ...event.agent.flatMap(({ purposeOfUse }) => conceptCodes(purposeOfUse)),
    ]),
    user: named(asked?.who) ?? asked?.altId ?? null,
    role: codes(asked === undefined ? [] : conceptCodes([...optional(asked.type), ...(asked.role ?? [])])),
    network: asked?.network?.address ?? null,
    network_type: asked?.network?.type ?? null,
    agents: event.agent.length,
    site: event.source.site ?? null,
    observer: named(event.source.observer),
    patient: named(patient?.what),
    object: named(object?.what),
    object_type: object?.type?.code ?? null,
    object_role: object?.role?.code ?? null,
    lifecycle: (object ?? patient)?.lifecycle?.code ?? null,
    sensitivity: codes(
      entities.flatMap(({ securityLabel }) => (securityLabel ?? []).map(({ code }) => code)),
    ),
    query: entities.some(({ query }) => query !== undefined) ? 1 : 0,
    entities: entities.length,
  };
}

/** What an analyst says of it, if anything; contradicting tags give a verdict that no threat knows. */
export function labelsOfAuditEvent({ meta }: AuditEvent): Cells {
  const tags = (meta?.tag ?? []).filter(({ system }) => system === LABEL_SYSTEM);
  const verdict = codes(tags.map(({ code }) => code));
  return verdict === null ? {} : { verdict };
}

/** A person among those who asked, where there is one: programs ask on their behalf. */
function requestor(agents: readonly Agent[]): Agent | undefined {
  const asking = agents.filter((each) => each.requestor);
  return asking.find((each) => each.name !== undefined || each.altId !== undefined) ?? asking[0] ?? agents[0];
}

function isPatient(each: Entity): boolean {
  if (each.role?.code !== undefined && each.type?.code === PERSON) return each.role.code === PATIENT;
  return /(^|\/)Patient\/[^/]+$/.test(each.what?.reference ?? '');
}

function named(to: z.output<typeof reference> | undefined): string | null {
  return to?.identifier?.value ?? to?.reference ?? to?.display ?? null;
}

function conceptCodes(concepts: readonly Concept[] | undefined): (string | undefined)[] {
  return (concepts ?? []).flatMap(({ coding: all }) => (all ?? []).map(({ code }) => code));
}

function optional<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
