import { describe, expect, test } from 'vitest';
import { fitCentrally } from '../../../benchmarks/accuracy/central.ts';
import { encodeRecords, type Records } from '../../../benchmarks/accuracy/data.ts';
import { createJudge } from '../../../benchmarks/accuracy/judge.ts';
import { medicalDeviceSubject, tonIotReadings } from '../../../benchmarks/accuracy/medical-device.ts';
import { splitTest } from '../../../benchmarks/partition.ts';
import { loadEngine } from '../../../threats/engine.ts';
import { type FieldSample, featureNames } from '../../../threats/features.ts';
import {
  deviceLabel,
  MEDICAL_DEVICE_FIELDS,
  medicalDevice,
  medicalDeviceSampleSchema,
} from '../../../threats/medical-device/index.ts';
import type { Cells, RowSample } from '../../../threats/record.ts';
import { publicData } from '../public-data.ts';
import { aurocOf } from '../shuffled-labels.ts';

const NAMES = featureNames(MEDICAL_DEVICE_FIELDS);

function prepared(device: string, fields: Cells, labels: Cells = {}, context: Cells = {}) {
  const row: RowSample = { format: `ton-iot/${device}`, fields, labels, context };
  const [first] = medicalDevice.prepare().push(row);
  if (first?.kind !== 'sample') throw new Error(first?.reason);
  return first;
}

/** Features above 0, by name. */
function encoded(sample: FieldSample): Record<string, number> {
  const row = new Float32Array(NAMES.length);
  medicalDevice.encoder.encode(sample, row, 0);
  return Object.fromEntries(NAMES.flatMap((name, i) => ((row[i] ?? 0) > 0 ? [[name, row[i] ?? 0]] : [])));
}

test('seven devices, and no field that gives the label away', () => {
  expect(medicalDevice.formats).toHaveLength(7);
  expect(medicalDevice.encoder.width).toBe(NAMES.length);
  const fields = MEDICAL_DEVICE_FIELDS.map(({ field }) => field);
  for (const leak of ['ts', 'date', 'time', 'label', 'type']) expect(fields).not.toContain(leak);
});

test('a reading has its own device and fields only', () => {
  const { sample } = prepared('weather', { temperature: 20, pressure: 0, humidity: 50 });
  expect(encoded(sample)).toMatchObject({ 'device=weather': 1, 'humidity@32': 1, 'pressure@32': 1 });
  expect(Object.keys(encoded(sample)).filter((name) => /latitude|FC1|door/.test(name))).toEqual([]);
  medicalDeviceSampleSchema.parse(sample);
});

test('when a reading was taken changes nothing', () => {
  const fields = { latitude: 12, longitude: 22 };
  const at = (date: string, time: string) =>
    prepared('gps-tracker', { ...fields, date, time }, {}, { date, time }).sample;
  expect(at('25-Apr-19', '18:31:39')).toEqual(at('31-Mar-19', '12:36:52'));
});

test('places that do not exist share the outermost knot', () => {
  const [odd, odder] = [200, 500].map((degrees) =>
    encoded(prepared('gps-tracker', { latitude: degrees, longitude: degrees }).sample),
  );
  expect(odd).toEqual(odder);
  expect(odd).toEqual({ 'device=gps-tracker': 1, 'latitude@64': 1, 'longitude@64': 1 });
});

test('texts are read as the published files write them', () => {
  const names = (device: string, fields: Cells) => Object.keys(encoded(prepared(device, fields).sample));
  expect(names('fridge', { temp_condition: 'high  ' })).toContain('temp_condition=high');
  expect(names('motion-light', { light_status: ' Off' })).toContain('light_status=off');
  expect(names('garage-door', { sphone_signal: '1' })).toContain('sphone_signal=true');
  expect(names('garage-door', { sphone_signal: 'false  ' })).toContain('sphone_signal=false');
});

test('0 is normal, 1 an attack, whose name is a detail; anything else is refused', () => {
  expect(prepared('weather', {}, { label: 1, type: 'ddos' })).toMatchObject({ label: 1, detail: 'ddos' });
  expect(prepared('weather', {}, { label: 0, type: 'normal' })).toMatchObject({ label: 0 });
  expect(prepared('weather', {})).toMatchObject({ label: null, detail: null });
  expect(() => deviceLabel('Maria Muster')).toThrow(/^label must be 0 .*order of the columns/);
  // Where columns are shifted, the cell may hold a person's name.
  expect(() => deviceLabel('Maria Muster')).not.toThrow(/Muster/);
  const odd = { format: 'ton-iot/weather', fields: {}, labels: { label: 'x' }, context: {} };
  expect(medicalDevice.prepare().push(odd)).toMatchObject([{ kind: 'refused' }]);
});

const ton = publicData('ton-iot');
describe.skipIf(!ton.present)('TON_IoT (skipped where the data is not there)', () => {
  test('every reading fits the schema; 75,209 are encoded differently', async () => {
    const readings = await tonIotReadings(ton.path);
    expect(readings.labels).toHaveLength(38_960 + 39_260);
    for (const sample of readings.samples.filter((_, i) => i % 50 === 0))
      medicalDeviceSampleSchema.parse(sample);
    const { train } = await medicalDeviceSubject.load(ton.path);
    expect([0, 1].map((label) => train.labels.filter((own) => own === label).length)).toEqual([
      29_167, 46_042,
    ]);
  });

  test('shuffled labels teach nothing, true ones much', { timeout: 60_000 }, async () => {
    const { train } = await medicalDeviceSubject.load(ton.path);
    const shuffledAuroc = await aurocOf(medicalDevice, train, 8_000, true);
    expect(shuffledAuroc).toBeGreaterThanOrEqual(0.45);
    expect(shuffledAuroc).toBeLessThanOrEqual(0.55);
    expect(await aurocOf(medicalDevice, train, 8_000, false)).toBeGreaterThan(0.9);
  });

  test('neighbours in time flatter a random split', { timeout: 60_000 }, async () => {
    const { train } = await medicalDeviceSubject.load(ton.path);
    const random = splitTest(train.labels, 1);
    const [flattered, honest] = [await judged(train, random), await judged(train, fourthFifth(train))];
    expect(flattered).toBeGreaterThan(0.92);
    expect(honest).toBeLessThan(flattered - 0.1);
  });
});

/** Of each device's readings of each kind, in the order of the file, the fourth fifth is held back. */
function fourthFifth({ samples, details }: Records) {
  const groups = new Map<string, number[]>();
  for (const [i, { fields }] of samples.entries()) {
    const kind = `${fields.device} ${details[i]}`;
    const own = groups.get(kind);
    if (own === undefined) groups.set(kind, [i]);
    else own.push(i);
  }
  const isTest = (place: number, size: number) => Math.floor((5 * place) / size) === 3;
  const parts = [...groups.values()];
  return {
    train: parts.flatMap((own) => own.filter((_, place) => !isTest(place, own.length))),
    test: parts.flatMap((own) => own.filter((_, place) => isTest(place, own.length))),
  };
}

/** AUROC on the test side of a model of the training side, thinned out: every tenth record. */
async function judged(records: Records, split: { train: readonly number[]; test: readonly number[] }) {
  const everyTenth = (_: number, i: number) => i % 10 === 0;
  const thin = split.train.filter(everyTenth);
  const inner = splitTest(
    thin.map((i) => records.labels[i] ?? 0),
    2,
    0.1,
  );
  const [train, validation, test] = [
    inner.train.map((i) => thin[i] ?? 0),
    inner.test.map((i) => thin[i] ?? 0),
    split.test.filter(everyTenth),
  ].map((indices) => encodeRecords(medicalDevice.encoder, records, indices));
  if (train === undefined || validation === undefined || test === undefined) return Number.NaN;
  const engine = await loadEngine({ prefer: 'wasm' });
  const { network } = medicalDevice;
  const judge = createJudge(engine, network, 2, { type: 'accuracy' }, validation, {
    dataset: test,
    details: [],
  });
  const { auroc } = judge.judge(await fitCentrally(engine, network, train, validation, 1));
  judge.dispose();
  return auroc;
}
