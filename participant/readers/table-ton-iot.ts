/**
 * TON_IoT device telemetry (Alsaedi, Moustafa, Tari, Mahmood, Anwar 2020), the seven devices' processed
 * files. Attacks were staged at set hours, so date and time give the label away and are context.
 */
import type { ColumnSpec, TableFormat } from './table-format.ts';

const DEVICES: Readonly<Record<string, Readonly<Record<string, 'number' | 'text'>>>> = {
  'gps-tracker': { latitude: 'number', longitude: 'number' },
  weather: { temperature: 'number', pressure: 'number', humidity: 'number' },
  fridge: { fridge_temperature: 'number', temp_condition: 'text' },
  'garage-door': { door_state: 'text', sphone_signal: 'text' },
  modbus: {
    FC1_Read_Input_Register: 'number',
    FC2_Read_Discrete_Value: 'number',
    FC3_Read_Holding_Register: 'number',
    FC4_Read_Coil: 'number',
  },
  'motion-light': { motion_status: 'number', light_status: 'text' },
  thermostat: { current_temperature: 'number', thermostat_status: 'number' },
};

/** One format per device, `ton-iot/<device>`. */
export const tonIot: readonly TableFormat[] = Object.entries(DEVICES).map(([device, measured]) => ({
  id: `ton-iot/${device}`,
  title: `TON_IoT telemetry of the ${device}`,
  threat: 'medical-device',
  delimiter: ',',
  header: 'first line',
  columns: [
    { name: 'ts', kind: 'text', role: 'context', optional: true },
    { name: 'date', kind: 'text', role: 'context', optional: true },
    { name: 'time', kind: 'text', role: 'context', optional: true },
    ...Object.entries(measured).map(([name, kind]): ColumnSpec => ({ name, kind, role: 'feature' })),
    { name: 'label', kind: 'number', role: 'label', optional: true, range: [0, 1] },
    { name: 'type', kind: 'text', role: 'label', optional: true },
  ],
  unset: ['-'],
  unknownColumns: 'point out',
}));
