/**
 * What a demo run showed, in sentences: the headline, and what the numbers do and do not say. Whatever
 * speaks against the federation is said as plainly as what speaks for it.
 */
import { betterAlone, type DemoReport } from '../demo/report-data.ts';
import { auroc, epsilon, hospitals, list, percent, points, small } from './format.ts';

/** A statement with the few words that carry it. */
export interface Finding {
  readonly gist: string;
  readonly text: string;
}

export function headline(report: DemoReport): string {
  const who = capital(hospitals(report.plan.hospitals));
  const how =
    report.mode === 'none'
      ? 'trained one mail filter together, without differential privacy'
      : 'trained one mail filter together, and none of them showed its mail';
  return `${who} ${how}. It judges ${percent(report.metrics.accuracy)} of unseen mail correctly.`;
}

/** How the federation compares, best news or not; one sentence each. */
export function comparison(report: DemoReport): readonly string[] {
  const { aloneMean, pooledNoDp } = report.baselines;
  const gain = report.metrics.accuracy - aloneMean.accuracy;
  const against =
    Math.abs(gain) < 0.0005 ? 'as good as' : `${points(gain)} ${gain > 0 ? 'better' : 'worse'} than`;
  return [
    `That is ${against} a hospital does alone on average (${percent(aloneMean.accuracy)}).`,
    `With all mail in one place and no privacy, the same network reaches ${percent(pooledNoDp.accuracy)}.`,
  ];
}

export function findings(report: DemoReport): Finding[] {
  return [
    strongestRival(report),
    privacy(report),
    ...whoElseColludes(report),
    {
      gist: 'All hospitals’ mail comes from one source.',
      text: `One public corpus was dealt out to the hospitals with different shares of malicious mail (Dirichlet, α\u00a0=\u00a0${report.dirichletAlpha}). Real hospitals differ in language, senders and software as well. This flatters the federation, and the common test set, from the same source, flatters every row.`,
    },
    {
      gist: 'The settings were chosen on this corpus.',
      text: 'Learning rate, clipping and rounds were tuned on the same public mails, without being charged to ε. That flatters the result. On a hospital’s own data every tuning run is charged.',
    },
    chance(report),
    drops(report),
    sums(report),
    {
      gist: 'Everybody here was honest.',
      text: 'All parties ran on one machine, so seconds and bytes are those of its loopback, and no hospital tried to poison the model. A cheating hospital’s influence is limited by its own honesty about clipping, not by this protocol.',
    },
  ];
}

function strongestRival(report: DemoReport): Finding {
  const price =
    report.mode === 'none'
      ? 'Neither side used differential privacy.'
      : 'A hospital alone trains without differential privacy; the federation pays for privacy in accuracy.';
  const better = betterAlone(report, 'accuracy');
  if (better.length > 0) {
    const names = list(better.map((each) => `${each.hospital} (${percent(each.accuracy)})`));
    return {
      gist: `${names} ${better.length === 1 ? 'does' : 'do'} better alone.`,
      text: `The shared model (${percent(report.metrics.accuracy)}) brings ${better.length === 1 ? 'it' : 'them'} nothing in accuracy here. ${price}`,
    };
  }
  const ranked = betterAlone(report, 'auroc');
  const ranking = list(ranked.map((each) => `${each.hospital} (${auroc(each.auroc)})`));
  return {
    gist: 'No hospital is more accurate alone.',
    text:
      ranked.length === 0
        ? price
        : `By AUROC, though, ${ranking} alone ${ranked.length === 1 ? 'ranks' : 'rank'} mail better than the shared model (${auroc(report.metrics.auroc)}). ${price}`,
  };
}

function privacy(report: DemoReport): Finding {
  if (report.privacy === null) {
    return {
      gist: 'No privacy.',
      text: 'Mode none adds no noise: the released model may reveal whether a particular mail was trained on. The updates were still encrypted so that only their sum could be read. This mode exists to measure what privacy costs, and a hospital’s default policy refuses it.',
    };
  }
  const { delta, colluders } = report.plan;
  const e = report.privacy.epsilon;
  const observer =
    report.mode === 'local'
      ? 'For anyone, all other parties together included,'
      : `For the coordinator together with up to ${hospitals(colluders)} colluding with it,`;
  return {
    gist: `ε\u00a0=\u00a0${epsilon(e)} is a promise about one mail.`,
    text: `${observer} whether or not one particular mail took part changes the probability of anything they can see by at most a factor of ${factor(e)}, give or take δ\u00a0=\u00a0${small(delta)}. It is a worst case over the whole job. It covers single mails: a person in many mails is protected less.`,
  };
}

function whoElseColludes(report: DemoReport): Finding[] {
  if (report.privacy === null || report.mode === 'local') return [];
  const e = report.privacy.epsilonIfOthersCollude;
  return [
    {
      gist: `If everyone else colludes, it is ε\u00a0=\u00a0${epsilon(e)}.`,
      text: `Each hospital adds only its share of the noise. Should all the others and the coordinator pool what they know, that share alone protects it: a factor of ${factor(e)}. Mode local does not rest on the others, at the price of accuracy.`,
    },
  ];
}

function chance(report: DemoReport): Finding {
  const p = report.metrics.accuracy;
  // Normal approximation of the binomial, 95 %.
  const margin = 1.96 * Math.sqrt((p * (1 - p)) / report.testRecords);
  return {
    gist: `Differences below about ${points(margin)} may be chance.`,
    text: `Accuracy was measured once on ${report.testRecords.toLocaleString('en-US')} mails (95% interval ± ${points(margin)}).${report.mode === 'none' ? '' : ' Noise is fresh in every run: another one ends elsewhere.'}`,
  };
}

function drops(report: DemoReport): Finding {
  if (report.dropped.length === 0) {
    return { gist: 'No hospital dropped out.', text: 'Every round ended with the whole roster.' };
  }
  const each = report.dropped.map(
    ({ hospital, stage, round, reason }) => `${hospital} in stage ${stage} of round ${round} (${reason})`,
  );
  return {
    gist: `${report.dropped.length === 1 ? 'One drop' : `${report.dropped.length} drops`} on the way.`,
    text: `Lost: ${list(each)}. Rounds went on with those who were left, which the plan allows down to ${hospitals(report.plan.threshold)}.`,
  };
}

function sums(report: DemoReport): Finding {
  const checks = report.sumsVerified;
  if (checks === null) {
    return {
      gist: 'The unmasked sums were not compared.',
      text: 'This run did not check them against the plain sums of what the hospitals fed in.',
    };
  }
  const wrong = checks.checked - checks.exact;
  return wrong === 0
    ? {
        gist: `All ${checks.checked} checked sums are exact.`,
        text: 'What came out of secure aggregation was, integer for integer, the sum of what went in. The demo can look because it plays all parties; a coordinator cannot.',
      }
    : {
        gist: `${wrong} of ${checks.checked} checked sums are wrong.`,
        text: 'What came out of secure aggregation was not the sum of what went in. This is a defect: do not use this model, and report it.',
      };
}

function factor(e: number): string {
  const value = Math.exp(e);
  return value < 10 ? (Math.ceil(value * 10) / 10).toFixed(1) : Math.ceil(value).toLocaleString('en-US');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
