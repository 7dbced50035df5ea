/** UCI 327: a random fifth is the test set, after repetitions were left out. */
import { tableReader } from '../../participant/readers/table.ts';
import { phishingWebsites } from '../../participant/readers/table-phishing.ts';
import { phishingWebsite } from '../../threats/phishing-website/index.ts';
import { deduplicated, fileIn, readRecords } from './data.ts';
import type { FileSubject } from './subject.ts';

export const phishingWebsiteSubject: FileSubject = {
  source: 'files',
  threat: phishingWebsite.id,
  file: 'phishing-websites.csv',
  model: phishingWebsite,
  // 4,200 records: noise is dear, so samples are large (see benchmarks/demo/plan.ts). Chosen by select.ts.
  training: {
    ...{ rounds: 150, sampleRate: 0.2, delta: 1e-5 },
    ...{ clip: 1, clipWithoutDp: 6, learningRate: 0.1 },
  },
  threshold: { type: 'accuracy' },
  async load(folder) {
    const file = await fileIn(folder, phishingWebsiteSubject.file);
    const records = await readRecords(phishingWebsite, tableReader(phishingWebsites), file);
    return { train: deduplicated(phishingWebsite.encoder, records), test: null };
  },
};
