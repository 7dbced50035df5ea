/** The tables that Fedward knows by heart; any other needs a mapping file. */
import { cicFlowMeter } from './table-cicflowmeter.ts';
import type { TableFormat } from './table-format.ts';
import { nslKdd } from './table-nsl-kdd.ts';
import { phishingWebsites } from './table-phishing.ts';
import { tonIot } from './table-ton-iot.ts';
import { unswNb15 } from './table-unsw-nb15.ts';

export const TABLE_FORMATS: readonly TableFormat[] = [
  nslKdd,
  unswNb15,
  cicFlowMeter,
  ...tonIot,
  phishingWebsites,
];
