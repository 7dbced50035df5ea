import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { vulnerabilityReader } from '../../../participant/readers/csaf.ts';
import { tarMembers } from '../../../participant/readers/csaf-archive.ts';
import { chunksOf, collect, readText, samples, temporaryFolder, troubles, written } from './sources.ts';

const advisory = {
  document: {
    title: 'Pump',
    publisher: { name: 'CISA' },
    tracking: {
      id: 'ICSMA-1',
      initial_release_date: '2020-01-02T00:00:00Z',
      current_release_date: '2024-01-01T00:00:00Z',
    },
    notes: [
      { category: 'summary', title: 'Risk evaluation', text: 'Bad.' },
      { category: 'other', title: 'Critical infrastructure sectors', text: 'Healthcare and Public Health' },
      { category: 'other', title: 'Exploitability', text: 'It is exploited since 2021.' },
    ],
  },
  product_tree: {
    branches: [{ category: 'vendor', name: 'V', branches: [{ category: 'product_name', name: 'P' }] }],
  },
  vulnerabilities: [
    {
      cve: 'CVE-2020-0001',
      cwe: { id: 'CWE-79', name: 'x' },
      notes: [{ category: 'summary', text: 'A hole.' }],
      scores: [
        { cvss_v3: { baseScore: 4, vectorString: 'AV:L' } },
        { cvss_v3: { baseScore: 9.1, vectorString: 'AV:N' } },
      ],
      remediations: [{ category: 'vendor_fix' }, { category: 'vendor_fix' }],
      product_status: { known_affected: ['1', '2'], fixed: ['3'] },
    },
    { cve: 3 },
    { title: 'no id' },
  ],
};

test('an advisory gives a row per vulnerability; what was learnt later is not among its fields', async () => {
  const items = await readText(vulnerabilityReader, JSON.stringify(advisory));
  expect(samples(items)[0]).toEqual({
    format: 'csaf',
    fields: {
      ...{
        advisory_title: 'Pump',
        risk: 'Bad.',
        sectors: 'Healthcare and Public Health',
        vendors: 'V',
        products: 'P',
      },
      ...{ title: null, description: 'A hole.', cwe: 'CWE-79', cvss_score: 9.1, cvss_vector: 'AV:N' },
      ...{ remediations: 'vendor_fix', affected_products: 2 },
    },
    labels: {},
    context: {
      cve: 'CVE-2020-0001',
      advisory: 'ICSMA-1',
      published: '2020-01-02T00:00:00Z',
      updated: '2024-01-01T00:00:00Z',
    },
  });
  expect(JSON.stringify(samples(items).map(({ fields }) => fields))).not.toMatch(/2021|CVE-|2020|2024/);
  expect(troubles(items)).toEqual([
    '2 vulnerabilities.1.cve: Invalid input: expected string, received number (CSAF 2.0).',
    '3 The vulnerability has no CVE; it cannot be matched with KEV.',
  ]);
});

test('product trees of any depth are read without recursing into the ground', async () => {
  const depth = 200_000;
  const tree = `${'{"category":"vendor","name":"v","branches":['.repeat(depth)}${']}'.repeat(depth)}`;
  const text = JSON.stringify(advisory).replace(/"branches":\[.*?\]\}\]\}/, `"branches":[${tree}]}`);
  const items = await readText(vulnerabilityReader, text);
  expect(samples(items)[0]?.fields.vendors).toBe('v');
});

test('KEV and both layouts of EPSS', async () => {
  const kev = {
    catalogVersion: '1',
    vulnerabilities: [
      {
        ...{
          cveID: 'CVE-2021-44228',
          vendorProject: 'Apache',
          product: 'Log4j',
          vulnerabilityName: 'Log4Shell',
        },
        ...{
          shortDescription: 'JNDI',
          dateAdded: '2021-12-10',
          knownRansomwareCampaignUse: 'Known',
          cwes: ['CWE-20'],
        },
      },
      { cveID: 'CVE-X' },
    ],
  };
  const items = await readText(vulnerabilityReader, JSON.stringify(kev, null, 4));
  expect(samples(items)).toMatchObject([
    {
      format: 'kev',
      labels: { exploited: 1, ransomware: 'Known' },
      context: { cve: 'CVE-2021-44228', date_added: '2021-12-10' },
    },
  ]);
  expect(troubles(items)).toEqual(['2 vulnerabilities.1.cveID: must be a CVE id (KEV).']);

  const row = {
    format: 'epss',
    fields: { epss: 0.5, percentile: 0.9 },
    labels: {},
    context: { cve: 'CVE-1999-1593' },
  };
  expect(samples(await readText(vulnerabilityReader, 'CVE-1999-1593;0.5;0.900\n'))).toEqual([row]);
  const first =
    '#model_version:v1,score_date:2024\ncve,epss,percentile\nCVE-1999-1593,0.5,0.9\nCVE-1999-1594,5,0.9\n';
  const official = await readText(vulnerabilityReader, gzipSync(first));
  expect(samples(official)).toEqual([row]);
  expect(troubles(official)).toEqual(['4:2 Column 2 (epss) is outside its range 0 to 1.']);
});

test('advisories straight out of the archive that tar makes, long names too, and damage located', async () => {
  const folder = temporaryFolder();
  const long = `${'d'.repeat(90)}/${'e'.repeat(90)}`;
  mkdirSync(join(folder, 'in', long), { recursive: true });
  const names = ['a.json', 'broken.json', `${long}/b.json`];
  for (const name of names) {
    written(folder, `in/${name}`, name === 'broken.json' ? '{' : JSON.stringify(advisory));
  }
  for (const format of ['gnu', 'pax', 'ustar']) {
    const archive = join(folder, `${format}.tar`);
    const made = spawnSync('tar', ['-cf', archive, `--format=${format}`, '-C', join(folder, 'in'), ...names]);
    expect(made.status).toBe(0);
    const items = await collect(vulnerabilityReader.read(archive));
    const sources = [...new Set(items.map(({ source }) => source))];
    expect(sources).toEqual(names.map((name) => `${archive}:${name}`));
    expect(samples(items)).toHaveLength(4);

    const bytes = readFileSync(archive);
    for (const size of [1, 511, 4096]) {
      const members = await collect(tarMembers(chunksOf(bytes, size), 1 << 20));
      expect(members.map(({ name }) => name)).toEqual(names);
    }
    const small = (await collect(tarMembers(chunksOf(bytes), 500))).map(({ kind }) => kind);
    expect(small).toEqual(['too large', 'file', 'too large']);
    expect(troubles(await readText(vulnerabilityReader, bytes.subarray(0, 700)))).toEqual([
      '0 The tar archive ends in the middle. Fetch it again.',
    ]);
    bytes[3] = 0x7a;
    expect(troubles(await readText(vulnerabilityReader, bytes))).toEqual([
      '0 A header of the tar archive is damaged.',
    ]);
  }
});

test('anything else is refused with the reason', async () => {
  expect(troubles(await readText(vulnerabilityReader, '{"a":1}'))).toEqual([
    '0 It is neither a CSAF advisory nor the KEV catalogue.',
  ]);
  expect(troubles(await readText(vulnerabilityReader, Buffer.from([0x7b, 0xff, 0x7d])))).toEqual([
    '0 The document is not UTF-8. Convert the file.',
  ]);
});
