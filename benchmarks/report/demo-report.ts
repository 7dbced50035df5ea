/** `report.html` of one demo run: one file that needs nothing else, and runs nothing. */
import type { DemoReport, Score } from '../demo/report-data.ts';
import { allies, mistakesFigures, privacyFigure, qualityFigure } from './figures.ts';
import { comparison, findings, headline } from './findings.ts';
import { auroc, bytes, duration, epsilon, integer, percent, small } from './format.ts';
import { html, type Markup, page } from './page.ts';

export async function renderDemoReport(report: DemoReport): Promise<string> {
  const body = html`${top(report)}
${keyFigures(report)}
<h2>How it went</h2>
<div class="charts">
${await Promise.all([
  qualityFigure(report, 'accuracy'),
  qualityFigure(report, 'auroc'),
  ...mistakesFigures(report),
  privacyFigure(report),
])}
</div>
<h2>Who gets what</h2>
${comparisonTable(report)}
<h2>What these numbers do and don’t say</h2>
<section class="prose"><ul>
${findings(report).map(({ gist, text }) => html`<li><strong>${gist}</strong> ${text}</li>`)}
</ul></section>
${examples(report)}
<h2>How it was run</h2>
${runFacts(report)}`;
  return page(`Fedward demo: ${headline(report)}`, body);
}

function top(report: DemoReport): Markup {
  const noPrivacy =
    report.mode === 'none'
      ? html`<p class="warning"><strong>No privacy.</strong> This run used mode <em>none</em>: no noise was added, and no ε protects any record. For benchmarks only.</p>`
      : html``;
  const early =
    report.outcome === 'stopped-early'
      ? html`<p class="warning"><strong>Stopped early.</strong> ${report.history.length} of ${report.plan.rounds} planned rounds were done; the numbers are those of the last one.</p>`
      : html``;
  return html`<header>
<p class="eyebrow">Fedward demo · ${report.date.slice(0, 10)} · run ${report.run}</p>
<h1>${headline(report)}</h1>
<p class="lead">${comparison(report).join(' ')}</p>
${noPrivacy}${early}
</header>`;
}

function keyFigures(report: DemoReport): Markup {
  const { plan, history, privacy, testRecords } = report;
  const seconds = history.reduce((sum, round) => sum + round.seconds, 0);
  const traffic = history.reduce((sum, round) => sum + round.bytes, 0) / history.length;
  const tile = (name: string, value: string, note: string, of = '') =>
    html`<div><dt>${name}</dt><dd><span class="value">${value}</span> ${of}</dd><dd class="note">${note}</dd></div>`;
  return html`<dl class="figures">
${[
  tile('Accuracy', percent(report.metrics.accuracy), `on ${integer(testRecords)} unseen mails`),
  tile('AUROC', auroc(report.metrics.auroc), '1 ranks perfectly, 0.5 guesses'),
  privacy === null
    ? tile('Privacy', 'none', 'no noise was added')
    : tile(
        'Privacy spent',
        `ε ${epsilon(privacy.epsilon)}`,
        report.mode === 'local' ? 'against everyone' : `coordinator ${allies(report)}`,
        plan.epsilonBudget === null ? '' : `of ${epsilon(plan.epsilonBudget)}`,
      ),
  privacy === null
    ? tile('If everyone else colludes', 'no privacy', 'no noise was added')
    : tile(
        'If everyone else colludes',
        `ε ${epsilon(privacy.epsilonIfOthersCollude)}`,
        `at δ = ${small(plan.delta)}`,
      ),
  tile(
    'Time per round',
    duration(seconds / history.length),
    `${integer(history.length)} rounds in ${duration(seconds)}`,
  ),
  tile('Traffic', bytes(traffic), 'per hospital and round, both ways'),
]}
</dl>`;
}

function comparisonTable(report: DemoReport): Markup {
  const { alone, aloneMean, pooledNoDp } = report.baselines;
  const all = alone.reduce((sum, each) => sum + each.records, 0);
  const row = (name: string, records: string, score: Score, protection: string, ours = '') =>
    html`<tr class="${ours}"><th scope="row">${name}</th><td class="number records">${records}</td><td class="number">${percent(score.accuracy)}</td><td class="number">${auroc(score.auroc)}</td><td class="number">${protection}</td></tr>`;
  const spent = report.privacy === null ? 'none' : epsilon(report.privacy.epsilon);
  return html`<div class="card table"><table>
<thead><tr><th scope="col">Model</th><th scope="col" class="number records">Mails</th><th scope="col" class="number">Accuracy</th><th scope="col" class="number">AUROC</th><th scope="col" class="number">Privacy ε</th></tr></thead>
<tbody>
${[
  row(`Federated (${report.mode})`, integer(all), report.metrics, spent, 'ours'),
  ...alone.map((each) => row(`${each.hospital} alone`, integer(each.records), each, 'none')),
  row('Mean alone', '', aloneMean, 'none'),
  row('All in one place', integer(all), pooledNoDp, 'none'),
]}
</tbody></table></div>`;
}

function examples(report: DemoReport): Markup {
  if (report.examples.length === 0) return html``;
  return html`<h2>Unseen mails, as the model scores them</h2>
<div class="card table"><table>
<thead><tr><th scope="col">Subject</th><th scope="col">Truth</th><th scope="col" class="number">Score</th></tr></thead>
<tbody>
${report.examples.map(({ subject, label, score }) => {
  const wrong = score >= 0.5 !== (label === 'malicious');
  return html`<tr><th scope="row">${subject}</th><td>${label}</td><td class="number ${wrong ? 'wrong' : ''}">${score.toFixed(3)}${wrong ? ' ✗' : ''}</td></tr>`;
})}
</tbody></table></div>
<p class="note">The score is the model’s probability that the mail is malicious; at 0.5 it decides. ✗ marks a wrong decision.</p>`;
}

function runFacts(report: DemoReport): Markup {
  const { plan } = report;
  const fact = (name: string, value: string) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  const sums = report.sumsVerified;
  return html`<div class="card"><dl class="facts">
${[
  ...report.hospitals.map(({ id, records, malicious }) =>
    fact(id, `${integer(records)} mails, ${percent(malicious / Math.max(1, records), 0)} malicious`),
  ),
  fact('Mode', report.mode),
  fact('Rounds', `${integer(report.history.length)} of ${integer(plan.rounds)}`),
  fact('Model', `${integer(plan.dimension)} parameters`),
  fact('Sampling rate q', String(plan.sampleRate)),
  fact('Clipping norm C', String(plan.clip)),
  fact('Noise multiplier σ', String(plan.noiseMultiplier)),
  fact('δ', small(plan.delta)),
  fact('Budget ε', plan.epsilonBudget === null ? 'none' : String(plan.epsilonBudget)),
  fact('Hospitals n, threshold t', `${plan.hospitals}, ${plan.threshold}`),
  fact('Colluders c, honest h', `${plan.colluders}, ${plan.honest}`),
  fact('Sums exact', sums === null ? 'not compared' : `${sums.exact} of ${sums.checked}`),
  fact('Data split', `Dirichlet, α = ${report.dirichletAlpha}`),
  fact('Seed of data and model', String(report.seed)),
  fact('Engine', `${report.engine.name} (${report.engine.reason})`),
  fact('Node.js', report.node),
  fact('Started', report.date),
]}
</dl></div>`;
}
