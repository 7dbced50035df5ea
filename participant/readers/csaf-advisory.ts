/**
 * A CSAF 2.0 advisory (https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html): one row per vulnerability.
 *
 * The advisory's note on known exploitation is not read: it is revised when the thing that is to be foretold
 * has happened. Ids and dates are context: a CVE's number holds its year.
 */
import { z } from 'zod';
import { codes } from './fhir-audit-fields.ts';
import { isObject, type JsonObject } from './lines-json.ts';
import { type RowItem, refused } from './table-row.ts';

const text = z.string();
const note = z.looseObject({ category: text, text: text, title: text.optional() });

const score = z.looseObject({
  cvss_v3: z.looseObject({ baseScore: z.number(), vectorString: text, version: text.optional() }).optional(),
  cvss_v2: z.looseObject({ baseScore: z.number(), vectorString: text }).optional(),
});

const vulnerability = z.looseObject({
  cve: text.optional(),
  title: text.optional(),
  cwe: z.looseObject({ id: text }).optional(),
  notes: z.array(note).optional(),
  scores: z.array(score).optional(),
  remediations: z.array(z.looseObject({ category: text })).optional(),
  product_status: z.record(text, z.array(text)).optional(),
});

const advisorySchema = z.looseObject({
  document: z.looseObject({
    title: text,
    lang: text.optional(),
    publisher: z.looseObject({ name: text }),
    tracking: z.looseObject({ id: text, initial_release_date: text, current_release_date: text }),
    notes: z.array(note).optional(),
  }),
  product_tree: z.looseObject({ branches: z.unknown() }).optional(),
  vulnerabilities: z.array(z.unknown()).optional(),
});

type Vulnerability = z.output<typeof vulnerability>;
type Score = z.output<typeof score>;

export function isAdvisory(object: JsonObject): boolean {
  return 'document' in object;
}

/** One item per vulnerability, numbered from 1; one that is refused does not cost the others. */
export function advisoryRows(source: string, object: JsonObject): RowItem[] {
  const result = advisorySchema.safeParse(object);
  if (!result.success) return [refused(source, 0, issueText('', result.error))];
  const { document, product_tree: tree, vulnerabilities = [] } = result.data;
  const { tracking } = document;
  const vendors = codes(branchNames(tree?.branches, 'vendor'));
  const products = codes(branchNames(tree?.branches, 'product_name'));
  const sectors = noteText(document.notes, (each) =>
    /critical infrastructure sectors/i.test(each.title ?? ''),
  );
  const risk = noteText(document.notes, ({ category }) => category === 'summary');
  return vulnerabilities.map((each, i): RowItem => {
    const parsed = vulnerability.safeParse(each);
    if (!parsed.success) return refused(source, i + 1, issueText(`vulnerabilities.${i}.`, parsed.error));
    const { cve = null } = parsed.data;
    const context = {
      cve,
      advisory: tracking.id,
      published: tracking.initial_release_date,
      updated: tracking.current_release_date,
    };
    const fields = {
      advisory_title: document.title,
      risk,
      sectors,
      vendors,
      products,
      ...vulnerabilityFields(parsed.data),
    };
    const missing = cve === null ? 'The vulnerability has no CVE; it cannot be matched with KEV.' : null;
    const sample = { format: 'csaf', fields, labels: {}, context };
    return { kind: 'record', source, position: i + 1, sample, note: missing };
  });
}

function vulnerabilityFields(data: Vulnerability) {
  const v3 = worst((data.scores ?? []).map(({ cvss_v3: each }) => each));
  const v2 = worst((data.scores ?? []).map(({ cvss_v2: each }) => each));
  return {
    title: data.title ?? null,
    description: noteText(data.notes, ({ category }) => category === 'summary' || category === 'description'),
    cwe: data.cwe?.id ?? null,
    cvss_score: v3?.baseScore ?? v2?.baseScore ?? null,
    cvss_vector: v3?.vectorString ?? v2?.vectorString ?? null,
    remediations: codes((data.remediations ?? []).map(({ category }) => category)),
    affected_products: Object.entries(data.product_status ?? {})
      .filter(([status]) => status === 'known_affected')
      .reduce((sum, [, ids]) => sum + ids.length, 0),
  };
}

function worst<S extends NonNullable<Score['cvss_v2']>>(scores: readonly (S | undefined)[]): S | undefined {
  return scores.reduce(
    (a, b) => (a === undefined || (b !== undefined && b.baseScore > a.baseScore) ? b : a),
    undefined,
  );
}

type Note = z.output<typeof note>;

function noteText(notes: readonly Note[] | undefined, wanted: (note: Note) => boolean): string | null {
  const texts = (notes ?? []).filter(wanted).map((each) => each.text);
  return texts.length === 0 ? null : texts.join('\n');
}

/** Branches nest without end by the schema; beyond this no advisory is meant well. */
const DEEPEST_BRANCH = 32;

function* branchNames(branches: unknown, category: string, depth = 0): Generator<string> {
  if (!Array.isArray(branches) || depth > DEEPEST_BRANCH) return;
  for (const each of branches.filter(isObject)) {
    if (each.category === category && typeof each.name === 'string') yield each.name;
    yield* branchNames(each.branches, category, depth + 1);
  }
}

function issueText(prefix: string, error: z.ZodError): string {
  const [issue] = error.issues;
  return `${prefix}${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'} (CSAF 2.0).`;
}
