/**
 * Readings of connected devices, of the seven kinds of TON_IoT (Alsaedi, Moustafa, Tari, Mahmood and Anwar 2020): is
 * the reading an ordinary one, or one taken while the device was under attack? docs/threats/medical-device.md.
 *
 * Date and time give the label away, since attacks were staged at set hours; they are context and never get here.
 */
import { FedwardError } from '../../proto/errors.ts';
import { type FieldSpec, fieldEncoder, type Scale, sampleSchema } from '../features.ts';
import { type LogThreat, labelText, rowByRow } from '../log-threat.ts';
import type { Cell, RowSample } from '../record.ts';

/** Any change of fields, scales or knots changes every feature: then this name changes too. */
const ENCODER_ID = 'medical-device/1';

const FORMAT = 'ton-iot/';
const DEVICES = 'gps-tracker weather fridge garage-door modbus motion-light thermostat'.split(' ');

/** Of the devices whose data could be had; compared on training-side folds: docs/threats/medical-device.md. */
const FINE = 64;
const COARSE = 16;

const knots = (field: string, scale: Scale, bins: number): FieldSpec => ({
  ...{ kind: 'knots', field, scale, bins },
});
const linear = (field: string, least: number, most: number, bins: number) =>
  knots(field, { type: 'linear', least, most }, bins);
const oneOf = (field: string, values: string): FieldSpec => ({
  ...{ kind: 'oneOf', field, values: values.split(' '), other: true },
});

/** Every device's fields; those that a device does not have stay at 0. */
export const MEDICAL_DEVICE_FIELDS: readonly FieldSpec[] = [
  { kind: 'oneOf', field: 'device', values: DEVICES },
  // Degrees. A tracker under attack reports latitudes that do not exist: they share the outermost knot.
  linear('latitude', -90, 90, FINE),
  linear('longitude', -180, 180, FINE),
  // Degrees Celsius outdoors, where people live.
  linear('temperature', -40, 60, FINE),
  linear('humidity', 0, 100, FINE),
  // Bar or hectopascal, up to more than was ever measured; no pressure is negative, a broken sensor's may be.
  knots('pressure', { type: 'signedLog', most: 1100 }, FINE),
  // A refrigerator's inside, and the range of a room thermostat.
  linear('fridge_temperature', -30, 30, COARSE),
  linear('current_temperature', 0, 50, COARSE),
  // Registers of 16 bits.
  ...['FC1_Read_Input_Register', 'FC2_Read_Discrete_Value', 'FC3_Read_Holding_Register', 'FC4_Read_Coil'].map(
    (field) => linear(field, 0, 65_535, COARSE),
  ),
  oneOf('temp_condition', 'high low'),
  oneOf('door_state', 'open closed'),
  oneOf('sphone_signal', 'true false'),
  oneOf('light_status', 'on off'),
  { kind: 'oneOf', field: 'motion_status', values: [0, 1] },
  { kind: 'oneOf', field: 'thermostat_status', values: [0, 1] },
];

export const medicalDeviceSampleSchema = sampleSchema(MEDICAL_DEVICE_FIELDS);

const byField = rowByRow({
  fields: MEDICAL_DEVICE_FIELDS.map(({ field }) => field),
  label: (labels) => {
    const label = labelText(labels, 'label');
    return label === null ? null : deviceLabel(label);
  },
  detail: (labels) => labelText(labels, 'type'),
});

/**
 * 0 for an ordinary reading, 1 for one under attack.
 *
 * @throws FedwardError `DATA_INVALID` when `label` is neither "0" nor "1".
 */
export function deviceLabel(label: string): number {
  if (label === '0' || label === '1') return Number(label);
  throw new FedwardError(
    'DATA_INVALID',
    'label must be 0 (normal) or 1 (attack), and is neither. Check the order of the columns.',
  );
}

/** The reading with its device's kind as a field, which only the format's name says. */
function withDevice(row: RowSample): RowSample {
  const fields: Record<string, Cell> = { device: row.format.slice(FORMAT.length) };
  for (const [field, cell] of Object.entries(row.fields)) fields[field] = tidied(field, cell);
  return { ...row, fields };
}

/** The published files pad their texts with blanks, and write the phone's signal in two ways. */
function tidied(field: string, cell: Cell): Cell {
  const text = typeof cell === 'string' ? cell.trim().toLowerCase() : cell;
  if (field !== 'sphone_signal' || text === null) return text;
  return { 0: 'false', 1: 'true' }[text] ?? String(text);
}

const encoder = fieldEncoder(ENCODER_ID, MEDICAL_DEVICE_FIELDS);

export const medicalDevice: LogThreat = {
  id: 'medical-device',
  title: 'Medical device telemetry',
  encoder,
  network: {
    inputs: encoder.width,
    layers: [
      { units: 32, activation: 'relu' },
      { units: 1, activation: 'sigmoid' },
    ],
  },
  classes: ['normal', 'attack'],
  formats: DEVICES.map((device) => `${FORMAT}${device}`),
  prepare() {
    const { push, end } = byField();
    return { push: (row) => push(withDevice(row)), end };
  },
};
