/** The official files, read in place: exact counts, as the data's README states them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { atnaAuditReader } from '../../../participant/readers/atna-audit.ts';
import { vulnerabilityReader } from '../../../participant/readers/csaf.ts';
import { fhirAuditReader } from '../../../participant/readers/fhir-audit.ts';
import { tableReader } from '../../../participant/readers/table.ts';
import type { TableFormat } from '../../../participant/readers/table-format.ts';
import { TABLE_FORMATS } from '../../../participant/readers/table-formats.ts';
import { nslKdd } from '../../../participant/readers/table-nsl-kdd.ts';
import { phishingWebsites } from '../../../participant/readers/table-phishing.ts';
import type { RowItem, RowReader } from '../../../participant/readers/table-row.ts';
import { unswNb15 } from '../../../participant/readers/table-unsw-nb15.ts';
import { zeekReader } from '../../../participant/readers/zeek.ts';
import { collect, DATA, hasData, troubles, WITHOUT_DATA } from './sources.ts';

/** Rows by the value of one label; a refusal fails the test, and a note that is not expected. */
async function counts(
  format: TableFormat,
  file: string,
  label: string,
  notes: readonly string[] = [],
): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  const noted: string[] = [];
  for await (const batch of tableReader(format).readBatches(join(DATA, file))) {
    noted.push(...troubles(batch));
    for (const item of batch) {
      if (item.kind === 'record')
        found[`${item.sample.labels[label]}`] = (found[`${item.sample.labels[label]}`] ?? 0) + 1;
    }
  }
  expect(noted).toEqual(notes);
  return found;
}

const FAMILIES: Readonly<Record<string, string>> = {
  normal: 'normal',
  DoS: 'back land neptune pod smurf teardrop apache2 mailbomb processtable udpstorm worm',
  Probe: 'ipsweep nmap portsweep satan mscan saint',
  R2L: `ftp_write guess_passwd imap multihop phf spy warezclient warezmaster httptunnel named sendmail
    snmpgetattack snmpguess xlock xsnoop`,
  U2R: 'buffer_overflow loadmodule perl rootkit ps sqlattack xterm',
};

function byFamily(labels: Readonly<Record<string, number>>): Record<string, number> {
  const family = (label: string) =>
    Object.keys(FAMILIES).find((name) => FAMILIES[name]?.split(/\s+/).includes(label));
  const sums: Record<string, number> = {};
  for (const [label, count] of Object.entries(labels))
    sums[`${family(label)}`] = (sums[`${family(label)}`] ?? 0) + count;
  return sums;
}

/** Records by format, and refusals, of every file below `folder`. */
async function account(reader: RowReader, folder: string) {
  const items: RowItem[] = await collect(reader.read(join(DATA, folder)));
  const records: Record<string, number> = {};
  for (const item of items) {
    if (item.kind === 'record') records[item.sample.format] = (records[item.sample.format] ?? 0) + 1;
  }
  const refusals = items.flatMap((item) =>
    item.kind === 'refused' ? [`${item.source.slice(DATA.length + 1)}#${item.position} ${item.reason}`] : [],
  );
  return { items, records, refusals };
}

function tonIot(device: string): TableFormat {
  const format = TABLE_FORMATS.find(({ id }) => id === `ton-iot/${device}`);
  if (format === undefined) throw new Error(`no format for ${device}`);
  return format;
}

describe.skipIf(!hasData)(`the official files${WITHOUT_DATA}`, () => {
  test('NSL-KDD', async () => {
    expect(byFamily(await counts(nslKdd, 'nsl-kdd/KDDTrain+.txt.gz', 'label'))).toEqual({
      ...{ normal: 67_343, DoS: 45_927, Probe: 11_656, R2L: 995, U2R: 52 },
    });
    expect(byFamily(await counts(nslKdd, 'nsl-kdd/KDDTest+.txt.gz', 'label'))).toEqual({
      ...{ normal: 9711, DoS: 7460, Probe: 2421, R2L: 2885, U2R: 67 },
    });
  });

  test('UNSW-NB15', async () => {
    const file = 'unsw-nb15/unsw-nb15-dedup-70pct.csv.gz';
    const categories = await counts(unswNb15, file, 'attack_cat');
    const labels = await counts(unswNb15, file, 'label');
    expect(Object.keys(categories)).toHaveLength(10);
    expect([categories.Normal, (labels['0'] ?? 0) + (labels['1'] ?? 0)]).toEqual([labels['0'], 39_281]);
  });

  test('TON_IoT GPS tracker and weather', async () => {
    const total = (labels: Record<string, number>) => Object.values(labels).reduce((a, b) => a + b, 0);
    const gps = await counts(tonIot('gps-tracker'), 'ton-iot/Train_Test_IoT_GPS_Tracker.csv.gz', 'label');
    const weather = await counts(tonIot('weather'), 'ton-iot/Train_Test_IoT_Weather.csv.gz', 'label');
    expect([total(gps), total(weather)]).toEqual([38_960, 39_260]);
    expect([Object.keys(gps), Object.keys(weather)]).toEqual([
      ['0', '1'],
      ['0', '1'],
    ]);
  });

  test('UCI phishing websites', async () => {
    const file = 'phishing-uci-websites/phishing-websites.csv.gz';
    // As it is published, it ends without a line break.
    const notes = ['11055 The last line has no line break; it may not be complete.'];
    expect(await counts(phishingWebsites, file, 'Result', notes)).toEqual({ '-1': 4898, '1': 6157 });
  });

  test('every Zeek log, TSV and JSON, gzip and with edge cases; the one that is no log is refused', async () => {
    const { items, records, refusals } = await account(zeekReader, 'zeek');
    expect(refusals).toEqual([
      'zeek/top_domains_1k.csv#1 It is no Zeek log: it begins with neither a header line (#fields) nor JSON.',
    ]);
    expect(troubles(items)).toHaveLength(1);
    expect(records).toEqual({
      ...{
        'zeek/conn': 413,
        'zeek/dhcp': 9,
        'zeek/dns': 104,
        'zeek/files': 163,
        'zeek/ftp': 7,
        'zeek/http': 328,
      },
      ...{ 'zeek/intel_example': 500, 'zeek/notice': 2, 'zeek/smtp': 3, 'zeek/ssl': 820, 'zeek/weird': 14 },
      ...{
        'zeek/x509': 63,
        'zeek/capture_loss': 2,
        'zeek/dce_rpc': 7,
        'zeek/kerberos': 14,
        'zeek/loaded_scripts': 50,
      },
      ...{
        'zeek/ntp': 2,
        'zeek/packet_filter': 1,
        'zeek/smb_files': 2,
        'zeek/smb_mapping': 7,
        'zeek/stats': 7,
      },
    });
  });

  test('every FHIR resource: AuditEvents read, Consents refused by name', async () => {
    const { records, refusals } = await account(fhirAuditReader, 'fhir-r4');
    expect(records).toEqual({ 'fhir-audit': 6 });
    expect(refusals).toHaveLength(12);
    for (const refusal of refusals)
      expect(refusal).toMatch(/Consent-.*\.json#1 It is a Consent, not an AuditEvent\.$/);
  });

  test('every ATNA message, with the comment and the placeholder said', async () => {
    const { items, records, refusals } = await account(atnaAuditReader, 'atna-audit');
    expect(records).toEqual({ 'atna-audit': readdirSync(join(DATA, 'atna-audit/dcm')).length });
    expect(refusals).toEqual([]);
    for (const item of items) {
      if (item.kind !== 'record') continue;
      expect(item.note).toMatch(/^A comment stands before .* EventDateTime is a placeholder/);
      expect(item.sample.fields).toMatchObject({ event: expect.any(String), user: expect.any(String) });
    }
  });

  test('CSAF archive, KEV and EPSS', async () => {
    const found: Record<string, number> = {};
    const advisories = new Set<unknown>();
    for await (const batch of vulnerabilityReader.readBatches(join(DATA, 'vulnerabilities'))) {
      expect(troubles(batch)).toEqual([]);
      for (const item of batch) {
        if (item.kind !== 'record') continue;
        found[item.sample.format] = (found[item.sample.format] ?? 0) + 1;
        if (item.sample.format === 'csaf') advisories.add(item.sample.context.advisory);
      }
    }
    expect(found).toEqual({ csaf: 6454, kev: 1404, epss: 360_142 });
    expect(advisories.size).toBe(2035);
  });
});
