/** UCI 327: a random fifth is the test set, after repetitions were left out. */
import { PHISHING_FIELDS, phishingLabel, phishingWebsite } from '../../threats/phishing-website/index.ts';
import { deduplicated, labelled, parseRows, readLines } from './data.ts';
import type { Subject } from './subject.ts';

export const phishingWebsiteSubject: Subject = {
  threat: phishingWebsite.id,
  file: 'phishing-websites.csv',
  model: phishingWebsite,
  // 4,100 records: noise is dear, so samples are large (see benchmarks/demo/plan.ts).
  training: {
    ...{ rounds: 150, sampleRate: 0.2, delta: 1e-5 },
    ...{ clip: 1, clipWithoutDp: 6, learningRate: 0.03 },
  },
  threshold: { type: 'accuracy' },
  async load(folder) {
    const lines = await readLines(folder, phishingWebsiteSubject.file);
    const columns = [...PHISHING_FIELDS.map(({ field }) => field), 'Result'];
    const rows = parseRows(lines, columns, PHISHING_FIELDS);
    return {
      train: deduplicated(labelled(rows, ({ cell }) => phishingLabel(Number(cell('Result'))))),
      test: null,
    };
  },
};
