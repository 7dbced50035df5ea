import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type DemoReport, parseDemoReport, summaryOf } from '../../benchmarks/demo/report-data.ts';
import { drawBars, drawLines } from '../../benchmarks/report/charts.ts';
import { renderDemoReport } from '../../benchmarks/report/demo-report.ts';
import { findings } from '../../benchmarks/report/findings.ts';
import { bytes, duration, epsilon, list, percent, points, small } from '../../benchmarks/report/format.ts';
import { html } from '../../benchmarks/report/page.ts';
import { niceAxis, spread } from '../../benchmarks/report/scale.ts';
import { sampleReport, withoutPrivacy } from './sample-report.ts';

const said = (report: DemoReport) =>
  findings(report)
    .map(({ gist, text }) => `${gist} ${text}`)
    .join('\n');
/** What a reader sees of a page: no tags, no style, single spaces. */
const visible = (page: string) =>
  page
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code))
    .replace(/\s+/g, ' ');

describe('report.json', () => {
  it('reads back what was written', () => {
    const report = sampleReport();
    expect(parseDemoReport(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  it('names the field that is wrong', () => {
    const broken = { ...sampleReport(), metrics: { loss: 0.1, accuracy: 1.2, auroc: 0.9 } };
    expect(() => parseDemoReport(broken)).toThrow(
      expect.objectContaining({ code: 'DATA_INVALID', message: expect.stringContaining('metrics.accuracy') }),
    );
  });

  it('sums up in one line of fixed fields', () => {
    const report = sampleReport();
    expect(JSON.parse(JSON.stringify(summaryOf(report)))).toEqual({
      type: 'summary',
      mode: 'distributed',
      hospitals: 5,
      rounds: 150,
      epsilon: 2.9613,
      delta: 1e-5,
      epsilonIfOthersCollude: 5.7304,
      accuracy: 0.9578,
      auroc: 0.9871,
      baselines: report.baselines,
      dropped: [],
      secondsPerRound: expect.closeTo(0.41),
      bytesPerHospitalPerRound: 531_000,
      engine: 'wasm',
    });
    const none = summaryOf(withoutPrivacy());
    expect([none.epsilon, none.epsilonIfOthersCollude]).toEqual([null, null]);
  });
});

describe('report.html', () => {
  let sample: string;
  beforeAll(async () => {
    sample = await renderDemoReport(sampleReport());
  });

  it('is one file that loads and runs nothing', () => {
    const page = sample;
    expect(page).not.toMatch(/<script|<link|<img|<iframe|<object|@import|url\(|javascript:|\son\w+=/i);
    expect(page).not.toMatch(/(?:href|src)=/i);
    expect(page.match(/https?:\/\/[^"]*/g)?.every((url) => url === 'http://www.w3.org/2000/svg')).toBe(true);
    expect(page.match(/<svg /g)).toHaveLength(10);
    expect(page.match(/<svg role="img" aria-label="[^"]+"/g)).toHaveLength(10);
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  it('is the same page for the same run', async () => {
    expect(await renderDemoReport(sampleReport())).toBe(sample);
  });

  it('escapes text from wherever it comes', async () => {
    const evil = `</style><script>alert("x")</script>&'`;
    const report = sampleReport();
    const page = await renderDemoReport({
      ...report,
      run: evil,
      node: evil,
      engine: { name: evil, reason: evil },
      hospitals: report.hospitals.map((hospital) => ({ ...hospital, id: evil })),
      baselines: {
        ...report.baselines,
        alone: report.baselines.alone.map((each) => ({ ...each, hospital: evil, accuracy: 0.99 })),
      },
      dropped: [{ hospital: evil, stage: 'R2', round: 3, reason: evil }],
      examples: [{ file: evil, subject: evil, label: 'benign', score: 0.1 }],
    });
    expect(page).not.toContain('<script');
    expect(page.match(/<\/style>/g)).toHaveLength(1);
    expect(visible(page)).toContain(evil);
  });

  it('says the result, both ε and the mode in plain sight', () => {
    const text = visible(sample);
    expect(text).toContain(
      'Five hospitals trained one mail filter together, and none of them showed its mail.',
    );
    expect(text).toContain('5.6 points better than a hospital does alone on average (90.2%)');
    expect(text).toContain('ε 2.97 of 3.00');
    expect(text).toContain('ε 5.74');
    expect(text).toContain('coordinator and up to one hospital');
  });

  it('labels mode none as no privacy and draws no ε', async () => {
    const text = visible(await renderDemoReport(withoutPrivacy()));
    expect(text).toContain('No privacy. This run used mode none');
    expect(text).toContain('without differential privacy');
    expect(text).not.toContain('Privacy spent');
    expect(text).not.toMatch(/ε\s*\d/);
  });

  it('says when it was stopped early', async () => {
    const report = sampleReport({ outcome: 'stopped-early', history: sampleReport().history.slice(0, 60) });
    expect(visible(await renderDemoReport(report))).toContain('Stopped early. 60 of 150 planned rounds');
  });

  it('stands a run of one round and one that was never evaluated', async () => {
    const [first] = sampleReport().history;
    if (first === undefined) throw new Error('the sample has rounds');
    for (const round of [first, { ...first, metrics: null }]) {
      const page = await renderDemoReport(sampleReport({ history: [round] }));
      expect(page).not.toMatch(/NaN|undefined|Infinity/);
    }
  });
});

describe('findings', () => {
  const rival = (accuracy: number, auroc = 0.9) => {
    const { baselines } = sampleReport();
    const alone = baselines.alone.map((each) =>
      each.hospital === 'south' ? { ...each, accuracy, auroc } : each,
    );
    return { ...baselines, alone };
  };

  it('names the hospital that does better alone, and only then', () => {
    expect(said(sampleReport())).toContain('No hospital is more accurate alone.');
    const text = said(sampleReport({ baselines: rival(0.9712) }));
    expect(text).toContain('south (97.1%) does better alone.');
    expect(text).toContain('the federation pays for privacy in accuracy');
    expect(text).not.toContain('No hospital is more accurate');
    expect(said(sampleReport({ baselines: rival(0.9, 0.995) }))).toContain(
      'By AUROC, though, south (0.995) alone ranks',
    );
  });

  it('says what flatters, and what ε means for both trust assumptions', () => {
    const text = said(sampleReport());
    expect(text).toMatch(/Dirichlet, α\s=\s1/);
    expect(text).toContain('This flatters the federation');
    expect(text).toContain('The settings were chosen on this corpus.');
    expect(text).toContain('coordinator together with up to one hospital colluding');
    expect(text).toContain('a factor of 20');
    expect(text).toContain('a factor of 309');
  });

  it('names drops and wrong sums', () => {
    const dropped = [{ hospital: 'south', stage: 'R2', round: 40, reason: 'connection closed' }] as const;
    expect(said(sampleReport({ dropped: [...dropped] }))).toContain(
      'south in stage R2 of round 40 (connection closed)',
    );
    expect(said(sampleReport({ sumsVerified: { checked: 150, exact: 149, chiSquare: [] } }))).toContain(
      '1 of 150 checked sums are wrong.',
    );
    expect(said(sampleReport({ sumsVerified: null }))).toContain('were not compared');
  });

  it('rests no promise on the others in mode local, and makes none in mode none', () => {
    expect(said(sampleReport({ mode: 'local' }))).toContain(
      'For anyone, all other parties together included,',
    );
    expect(said(sampleReport({ mode: 'local' }))).not.toContain('If everyone else colludes');
    expect(said(withoutPrivacy())).toContain('No privacy.');
    expect(said(withoutPrivacy())).toContain('Neither side used differential privacy.');
    expect(said(withoutPrivacy())).not.toContain('pays for privacy');
  });
});

describe('charts', () => {
  it('label every line with its name and last value', async () => {
    const svg = await drawLines(
      {
        title: 'A & B',
        rounds: 10,
        axis: niceAxis(0.5, 0.98),
        format: (value) => percent(value),
        lines: [{ name: 'Federated', tone: 'federated', points: [[1, 0.6] as const, [10, 0.9] as const] }],
        references: [{ name: 'Pooled', tone: 'pooled', value: 0.95 }],
      },
      { width: 500, height: 300 },
    );
    for (const text of ['>Federated<', '>90.0%<', '>Pooled<', '>95.0%<', 'aria-label="A &#38; B"'])
      expect(svg).toContain(text);
    expect(svg).toContain('stroke="var(--federated)"');
    expect(svg).not.toContain('<style');
  });

  it('draw bars in proportion, from zero', async () => {
    const bars = [10, 20, 40].map((value) => ({ name: `b${value}`, tone: 'alone', value }) as const);
    const svg = await drawBars({ title: 'bars', bars, format: String }, 500);
    // The upper edge, and then the rounded corner of radius 2.
    const edges = [...svg.matchAll(/d="M([\d.]+) [\d.]+L([\d.]+) [\d.]+A2/g)];
    const widths = edges.map(([, from, to]) => Number(to) + 2 - Number(from));
    expect(widths).toHaveLength(3);
    const [unit = 0] = widths;
    expect(widths.map((width) => (10 * width) / unit)).toEqual([10, 20, 40].map((w) => expect.closeTo(w, 0)));
  });

  it('have axes that hold the data in few round steps', () => {
    const range = fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 1e-6, max: 1e4, noNaN: true }),
    );
    fc.assert(
      fc.property(range, ([low, span]) => {
        const { min, max, interval } = niceAxis(low, low + span);
        const slack = 1e-6 * span;
        expect(min).toBeLessThanOrEqual(low + slack);
        expect(max).toBeGreaterThanOrEqual(low + span - slack);
        expect(Math.round((max - min) / interval)).toBeLessThanOrEqual(5);
        expect(max - min).toBeLessThanOrEqual(4.01 * span + slack);
      }),
    );
    expect(niceAxis(0.71, 0.983)).toEqual({ min: 0.7, max: 1, interval: 0.1 });
  });

  it('keep labels apart, in order and inside', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 300, noNaN: true }), { maxLength: 6 }), (wanted) => {
        const placed = spread(wanted, 34, 0, 300);
        const order = wanted.map((_, i) => i).sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
        for (const [k, i] of order.entries()) {
          expect(placed[i]).toBeGreaterThanOrEqual(-1e-9);
          expect(placed[i]).toBeLessThanOrEqual(300);
          const next = order[k + 1];
          if (next !== undefined)
            expect((placed[next] ?? 0) - (placed[i] ?? 0)).toBeGreaterThanOrEqual(34 - 1e-9);
        }
      }),
    );
    expect(spread([10, 100, 200], 34, 0, 300)).toEqual([10, 100, 200]);
  });
});

describe('format', () => {
  it('never shows an ε below the true one, nor a hundredth too high', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 100, noNaN: true }), (value) => {
        expect(Number(epsilon(value))).toBeGreaterThanOrEqual(value - 1e-9);
        expect(Number(epsilon(value))).toBeLessThan(value + 0.01 + 1e-9);
      }),
    );
    expect(['2.97', '3.00', '0.00']).toEqual([2.97, 3, 0].map(epsilon));
  });

  it('reads as people write', () => {
    expect([0.9578, 1].map((value) => percent(value))).toEqual(['95.8%', '100.0%']);
    expect([0.01, -0.056].map(points)).toEqual(['1.0 point', '5.6 points']);
    expect([12, 999, 1000, 531_000, 999_600, 41_300_000].map(bytes)).toEqual([
      '12 B',
      '999 B',
      '1.0 kB',
      '531 kB',
      '1.0 MB',
      '41.3 MB',
    ]);
    expect([0.0421, 0.9996, 3.21, 9.96, 59.4, 59.6, 75, 3599.6, 4000].map(duration)).toEqual([
      '42 ms',
      '1.0 s',
      '3.2 s',
      '10 s',
      '59 s',
      '1 min 0 s',
      '1 min 15 s',
      '1 h 0 min',
      '1 h 7 min',
    ]);
    expect([1e-5, 0.01].map(small)).toEqual(['1e-5', '0.01']);
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(list)).toEqual(['', 'a', 'a and b', 'a, b and c']);
  });

  it('escapes every piece that is not markup', () => {
    expect(
      html`<p title="${'"'}">${'<b>'}${html`<i>${1}</i>`}${[html`<u></u>`, html`<s></s>`]}</p>`.text,
    ).toBe('<p title="&#34;">&#60;b&#62;<i>1</i><u></u>\n<s></s></p>');
  });
});
