/** NSL-KDD with its official test set, and UNSW-NB15 with a random one. */
import { kddLabel, unswLabel } from '../../threats/network-intrusion/attacks.ts';
import { NSL_KDD_FIELDS, networkIntrusion } from '../../threats/network-intrusion/nsl-kdd.ts';
import { networkIntrusionUnsw, UNSW_NB15_FIELDS } from '../../threats/network-intrusion/unsw-nb15.ts';
import { labelled, parseRows, type Records, readLines } from './data.ts';
import type { Subject } from './subject.ts';

/** In the files' order; they have no header. */
export const NSL_KDD_COLUMNS =
  `duration protocol_type service flag src_bytes dst_bytes land wrong_fragment urgent hot
num_failed_logins logged_in num_compromised root_shell su_attempted num_root num_file_creations num_shells
num_access_files num_outbound_cmds is_host_login is_guest_login count srv_count serror_rate srv_serror_rate
rerror_rate srv_rerror_rate same_srv_rate diff_srv_rate srv_diff_host_rate dst_host_count dst_host_srv_count
dst_host_same_srv_rate dst_host_diff_srv_rate dst_host_same_src_port_rate dst_host_srv_diff_host_rate
dst_host_serror_rate dst_host_srv_serror_rate dst_host_rerror_rate dst_host_srv_rerror_rate
label difficulty`.split(/\s+/);

export const nslKddSubject: Subject = {
  threat: networkIntrusion.id,
  file: 'KDDTrain+.txt',
  model: networkIntrusion,
  // 126,000 records: at q = 0.05 the noise of ε = 1 moves nothing, and 100 rounds visit each record five times.
  // δ is far below 1/126,000, at which publishing one record outright would pass for private.
  training: {
    ...{ rounds: 100, sampleRate: 0.05, delta: 1e-6 },
    ...{ clip: 1, clipWithoutDp: 10, learningRate: 0.1 },
  },
  // The test set holds attacks that no training set had, so the threshold that is best for known attacks is far too
  // high. One benign record in twenty may raise an alarm: the best balance of false alarms and detection for attack
  // types that were left out of training (docs/threats/network-intrusion.md).
  threshold: { type: 'falseAlarms', share: 0.05 },
  async load(folder) {
    const [train, test] = await Promise.all(
      ['KDDTrain+.txt', 'KDDTest+.txt'].map(async (file): Promise<Records> => {
        const rows = parseRows(await readLines(folder, file), NSL_KDD_COLUMNS, NSL_KDD_FIELDS);
        return labelled(rows, ({ cell }) => kddLabel(cell('label')));
      }),
    );
    return { train: train ?? NOTHING, test: test ?? NOTHING };
  },
};

const NOTHING: Records = { samples: [], labels: new Uint8Array(0) };

export const unswNb15Subject: Subject = {
  threat: networkIntrusion.id,
  file: 'unsw-nb15-dedup-70pct.csv',
  model: networkIntrusionUnsw,
  training: {
    ...{ rounds: 200, sampleRate: 0.1, delta: 1e-6 },
    ...{ clip: 1, clipWithoutDp: 10, learningRate: 0.1 },
  },
  threshold: { type: 'accuracy' },
  async load(folder) {
    const [header = '', ...lines] = await readLines(folder, unswNb15Subject.file);
    const rows = parseRows(lines, header.replace('\ufeff', '').split(','), UNSW_NB15_FIELDS);
    // De-duplicated as it lies there.
    return { train: labelled(rows, ({ cell }) => unswLabel(cell('attack_cat'))), test: null };
  },
};
