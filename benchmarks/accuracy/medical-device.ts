/** TON_IoT's GPS tracker and weather station: a random fifth is the test set, after repetitions were left out. */
import { tableReader } from '../../participant/readers/table.ts';
import { tonIot } from '../../participant/readers/table-ton-iot.ts';
import { medicalDevice } from '../../threats/medical-device/index.ts';
import { deduplicated, fileIn, joined, type Records, readRecords } from './data.ts';
import type { FileSubject } from './subject.ts';

const FILES: Readonly<Record<string, string>> = {
  'ton-iot/gps-tracker': 'IoT_GPS_Tracker.csv',
  'ton-iot/weather': 'IoT_Weather.csv',
};

/** All readings of both devices, in the order of their files. */
export async function tonIotReadings(folder: string): Promise<Records> {
  const parts: Records[] = [];
  for (const format of tonIot) {
    const ending = FILES[format.id];
    if (ending === undefined) continue;
    parts.push(await readRecords(medicalDevice, tableReader(format), await fileIn(folder, ending)));
  }
  return joined(parts);
}

export const medicalDeviceSubject: FileSubject = {
  source: 'files',
  threat: medicalDevice.id,
  file: 'IoT_Weather.csv',
  model: medicalDevice,
  // 55,000 records: what costs is not the noise but a hidden layer that takes its rounds to learn.
  training: {
    ...{ rounds: 300, sampleRate: 0.1, delta: 1e-6 },
    ...{ clip: 1, clipWithoutDp: 50, learningRate: 0.1 },
  },
  threshold: { type: 'accuracy' },
  load: async (folder) => ({
    train: deduplicated(medicalDevice.encoder, await tonIotReadings(folder)),
    test: null,
  }),
};
