/** Flows of whatever sensor a hospital has, benign or hostile: docs/threats/network-flows.md. */
import { FedwardError } from '../../proto/errors.ts';
import { fieldEncoder } from '../features.ts';
import { type LogThreat, labelText, type Prepared } from '../log-threat.ts';
import type { RowSample } from '../record.ts';
import { FLOW_FIELDS, type Flow, flowCells } from './flow.ts';
import { cicLabel, flowOfCicFlowMeter } from './flow-cicflowmeter.ts';
import { flowOfSuricata } from './flow-suricata.ts';
import { flowOfUnswNb15, unswBinaryLabel } from './flow-unsw-nb15.ts';
import { flowOfZeek, zeekLabel } from './flow-zeek.ts';

/** Any change of fields, scales, services or adapters changes features: then this name changes too. */
const ENCODER_ID = 'network-flow/1';

interface Sensor {
  flow(row: RowSample): Flow;
  label(labels: RowSample['labels']): 0 | 1 | null;
  /** Label column that names the attack. */
  readonly detail: string | null;
}

const SENSORS: ReadonlyMap<string, Sensor> = new Map<string, Sensor>([
  ['zeek/conn', { flow: flowOfZeek, label: zeekLabel, detail: 'detailed-label' }],
  // Its alerts are what a rule says, not what was found to be true: no label.
  ['suricata/flow', { flow: flowOfSuricata, label: () => null, detail: null }],
  ['cicflowmeter', { flow: flowOfCicFlowMeter, label: cicLabel, detail: 'label' }],
  ['unsw-nb15', { flow: flowOfUnswNb15, label: unswBinaryLabel, detail: 'attack_cat' }],
]);

const encoder = fieldEncoder(ENCODER_ID, FLOW_FIELDS);

export const networkFlows: LogThreat = {
  id: 'network-flows',
  title: 'Network flows of your own sensors',
  encoder,
  // Hidden units, since a few plain measures mean something only together (docs/threats/network-flows.md).
  network: {
    inputs: encoder.width,
    layers: [
      { units: 16, activation: 'relu' },
      { units: 1, activation: 'sigmoid' },
    ],
  },
  classes: ['benign', 'malicious'],
  formats: [...SENSORS.keys()],
  // Rows of other formats are no flows: an EVE log is full of other events.
  prepare: () => ({
    push(row) {
      const sensor = SENSORS.get(row.format);
      return sensor === undefined ? [] : [prepared(sensor, row)];
    },
    end: () => [],
  }),
};

function prepared({ flow, label, detail }: Sensor, row: RowSample): Prepared {
  try {
    return {
      kind: 'sample',
      sample: { fields: flowCells(flow(row)) },
      label: label(row.labels),
      detail: detail === null ? null : labelText(row.labels, detail),
      entity: null,
      about: null,
    };
  } catch (error) {
    if (error instanceof FedwardError) return { kind: 'refused', reason: error.message };
    throw error;
  }
}
