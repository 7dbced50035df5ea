import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDisplay, type Display } from '../../benchmarks/demo/display.ts';
import { summaryOf } from '../../benchmarks/demo/report-data.ts';
import type { JobEvent } from '../../coordinator/progress.ts';
import { FedwardError } from '../../proto/errors.ts';
import { STAGES } from '../../proto/vocabulary.ts';
import { sampleReport, withoutPrivacy } from './sample-report.ts';
import { type Screen, screen } from './screen.ts';

const hospitals = ['lakeside', 'north', 'south'];
const published = {
  model: 'out/model',
  reportJson: 'out/report.json',
  reportHtml: 'out/report.html',
  movedAside: null,
};
const outcome = { published, tryNext: 'fedward detect --model out/model mail.txt' };

const started: JobEvent = {
  type: 'job-started',
  job: 'demo',
  mode: 'distributed',
  hospitals,
  rounds: 40,
  threshold: 2,
  delta: 1e-5,
  epsilonBudget: 3,
  noiseMultiplier: 1,
  dimension: 100,
  engine: 'wasm',
};

function stage(round: number, name: (typeof STAGES)[number], answered = hospitals): JobEvent[] {
  return [
    { type: 'stage-started', round, stage: name, waitingFor: hospitals },
    ...answered.map((hospital) => ({ type: 'answered', round, stage: name, hospital }) as const),
  ];
}

function round(number: number): JobEvent[] {
  return [
    { type: 'round-started', round: number, attempt: 1, hospitals },
    ...STAGES.flatMap((name) => stage(number, name)),
    {
      type: 'round-committed',
      round: number,
      attempt: 1,
      contributors: hospitals,
      metrics: { loss: 0.3, accuracy: 0.8 + number / 1000, auroc: 0.9 },
      privacy: { epsilon: number / 20, epsilonIfOthersCollude: number / 10 },
      seconds: 0.5,
      bytesPerHospital: 1000,
    },
  ];
}

const dropped: JobEvent = {
  type: 'dropped',
  hospital: 'south',
  stage: 'R2',
  round: 17,
  reason: 'closed\x1b[2J\r\nby peer\u0085',
};
const aborted: JobEvent = {
  type: 'round-aborted',
  round: 18,
  attempt: 1,
  code: 'DEADLINE_EXCEEDED',
  reason: 'north was silent',
};
const ended: JobEvent = {
  type: 'job-ended',
  outcome: 'completed',
  roundsCommitted: 40,
  metrics: null,
  privacy: null,
  dropped: [],
};

const wholeJob = (): JobEvent[] => [
  started,
  ...Array.from({ length: 40 }, (_, i) => [
    ...(i === 16 ? [dropped] : []),
    ...(i === 17 ? [aborted] : []),
    ...round(i + 1),
  ]).flat(),
  ended,
];

let out: Screen;
beforeEach(() => {
  out = screen();
});

function display(options: Partial<Parameters<typeof createDisplay>[0]> = {}): Display {
  return createDisplay({
    format: 'table',
    quiet: false,
    stream: out,
    isTty: false,
    env: { LANG: 'en_GB.UTF-8' },
    clock: () => 0,
    ...options,
  });
}

const lines = () =>
  out
    .text()
    .split('\n')
    .filter((line) => line !== '');
const occurrences = (text: string) => out.text().split(text).length - 1;

describe('on a terminal', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const frame = () => vi.advanceTimersByTime(80);

  it('shows steps, then one block that is redrawn in place, then the result', async () => {
    const shown = display({ isTty: true });
    const data = shown.step('Data', Promise.resolve(3), (n) => `${n} mails`);
    expect(out.text()).toMatch(/⠋ Data/);
    await data;
    for (const event of wholeJob().slice(0, -1)) {
      shown.event(event);
      frame();
    }
    expect(lines()).toEqual([
      '  ✓ Data: 3 mails (0 ms)',
      '  round 18, attempt 1, aborted: north was silent [DEADLINE_EXCEEDED]',
      `  Round    ${'━'.repeat(24)}  40 of 40   500 ms a round`,
      '  Stage    R4 unmasking',
      '           ✓ lakeside  ✓ north  ✓ south',
      '  Model    accuracy 84.0% ▲   AUROC 0.900 =   loss 0.300',
      `  Privacy  ${'━'.repeat(16)}${'─'.repeat(8)}  ε 2.00 of 3.00`,
      '           ε 4.00 if everyone else colludes',
      '  Dropped  south in round 17, R2 masked updates: closed [2J  by peer',
    ]);
    shown.event(ended);
    await shown.step('Report', Promise.resolve());
    shown.end(sampleReport(), outcome);
    expect(occurrences('Round  ')).toBe(1);
    expect(occurrences('✓ Report')).toBe(1);
    expect(out.text().indexOf('Round  ')).toBeLessThan(out.text().indexOf('✓ Report'));
    expect(lines().at(-1)).toBe(`  Try next ${outcome.tryNext}`);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says who has answered and who is gone', () => {
    const shown = display({ isTty: true });
    for (const event of [started, ...stage(17, 'R2', ['north']), dropped]) shown.event(event);
    frame();
    expect(out.text()).toContain('· lakeside  ✓ north  ✗ south');
    shown.event({ type: 'answered', round: 17, stage: 'R1', hospital: 'lakeside' });
    frame();
    expect(out.text()).toContain('· lakeside');
  });

  it('counts hospitals that are too many for a line', () => {
    const shown = display({ isTty: true });
    const many = Array.from({ length: 20 }, (_, i) => `h${i}`);
    shown.event({ ...started, hospitals: many });
    shown.event({ type: 'stage-started', round: 1, stage: 'R1', waitingFor: many });
    for (const hospital of many.slice(0, 18))
      shown.event({ type: 'answered', round: 1, stage: 'R1', hospital });
    frame();
    expect(out.text()).toContain('18 of 20 answered  waiting for h18, h19');
  });

  it('writes once per frame, however many events there are', () => {
    const shown = display({ isTty: true });
    for (const event of wholeJob()) shown.event(event);
    expect(out.writes).toHaveLength(1);
    frame();
    expect(out.writes).toHaveLength(2);
  });

  it('leaves the terminal wrapping after every frame, and the reason of a failure below', async () => {
    const shown = display({ isTty: true });
    const failing = shown.step('Processes', Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    shown.fail(new FedwardError('QUORUM_LOST', 'Only 2 hospitals are left. Start the others.'));
    expect(lines()).toEqual([
      '  ✗ Processes',
      '  ✗ Only 2 hospitals are left. Start the others. [QUORUM_LOST]',
    ]);
    for (const write of out.writes)
      expect(write.lastIndexOf('\x1b[?7h')).toBeGreaterThan(write.lastIndexOf('\x1b[?7l'));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does without colour and without UTF-8 where it is asked to', () => {
    const shown = display({ isTty: true, env: { NO_COLOR: '1', LC_ALL: 'C', LANG: 'en_GB.UTF-8' } });
    for (const event of [started, ...round(1), dropped]) shown.event(event);
    frame();
    shown.end(sampleReport(), outcome);
    const all = out.writes.join('');
    expect(all).not.toMatch(new RegExp(`${'\x1b'}\\[[\\d;]*m`));
    expect(all).toMatch(/^\p{ASCII}*$/u);
    expect(out.text()).toContain('eps 2.97 at delta = 1e-5');
  });

  it('does use colour otherwise', () => {
    display({ isTty: true }).fail(new Error('x'));
    expect(out.writes.join('')).toContain('\x1b[31m');
  });
});

describe('as plain lines', () => {
  it('writes one line per step, per tenth of the rounds and per notable event', async () => {
    const shown = display();
    await shown.step('Data', Promise.resolve(3), (n) => `${n} mails`);
    for (const event of wholeJob()) shown.event(event);
    expect(lines()).toEqual([
      'Data: 3 mails (0 ms)',
      'job demo: 3 hospitals, 40 rounds, mode distributed, budget ε 3, wasm',
      'round 4 of 40: accuracy 80.4%, AUROC 0.900, ε 0.20 of 3.00, 500 ms a round, 18 s left',
      expect.stringContaining('round 8 of 40'),
      expect.stringContaining('round 12 of 40'),
      expect.stringContaining('round 16 of 40'),
      'dropped south in round 17, R2 masked updates: closed [2J  by peer',
      'round 18, attempt 1, aborted: north was silent [DEADLINE_EXCEEDED]',
      ...[20, 24, 28, 32, 36, 40].map((n) => expect.stringContaining(`round ${n} of 40`)),
    ]);
    expect(out.writes.join('')).not.toContain('\x1b');
  });

  it('is what a terminal in CI and a dumb one get', () => {
    for (const env of [{ CI: 'true' }, { TERM: 'dumb' }]) {
      const shown = display({ isTty: true, env });
      for (const event of [started, ...round(1)]) shown.event(event);
    }
    expect(out.writes.join('')).not.toContain('\x1b[?');
    expect(lines()).toHaveLength(2);
  });

  it('is down to what matters when quiet', async () => {
    const shown = display({ quiet: true, isTty: true, env: { NO_COLOR: '1' } });
    await shown.step('Data', Promise.resolve());
    for (const event of wholeJob()) shown.event(event);
    expect(lines()).toEqual([expect.stringContaining('dropped south'), expect.stringContaining('aborted')]);
    shown.end(sampleReport(), outcome);
    expect(out.text()).toContain('Federated (distributed)');
  });
});

describe('the result', () => {
  const result = (...given: Parameters<Display['end']>) => {
    display().end(...given);
    return out.text();
  };

  it('compares, states both ε, the cost, the drops and the files', () => {
    const drop = { hospital: 'south', stage: 'R2', round: 40, reason: 'connection closed' } as const;
    const text = result(sampleReport({ dropped: [drop] }), outcome);
    expect(text).toMatch(/Federated \(distributed\) +95\.8% +0\.987 +2\.97\n/);
    expect(text).toMatch(/riverside alone +94\.9% +0\.980 +none\n/);
    expect(text).toMatch(/Mean of the hospitals alone +90\.2%/);
    expect(text).toMatch(/All data in one place, without DP +98\.3%/);
    expect(text).toContain('ε 2.97 at δ = 1e-5 against the coordinator and up to one hospital');
    expect(text).toContain('ε 5.74 if everyone else colludes');
    expect(text).toContain('410 ms and 531 kB per hospital a round');
    expect(text).toContain('Dropped  south in round 40, R2 masked updates: connection closed');
    for (const path of Object.values(published)) if (path !== null) expect(text).toContain(path);
    expect(text).not.toContain('more accurate alone');
  });

  it('names the hospital that is better off alone, and a directory that was in the way', () => {
    const { baselines } = sampleReport();
    const alone = baselines.alone.map((each) =>
      each.hospital === 'south' ? { ...each, accuracy: 0.97 } : each,
    );
    const moved = { ...outcome, published: { ...published, movedAside: 'out/model-before-1' } };
    const text = result(sampleReport({ baselines: { ...baselines, alone } }), moved);
    expect(text).toContain('south (97.0%) is more accurate alone, without differential privacy.');
    expect(text).toContain('out/model-before-1');
  });

  it('calls mode none what it is, and wrong sums wrong', () => {
    const text = result(
      { ...withoutPrivacy(), sumsVerified: { checked: 9, exact: 7, chiSquare: [] } },
      outcome,
    );
    expect(text).toContain('Federated (none: no privacy)');
    expect(text).toContain('no ε protects any record');
    expect(text).not.toMatch(/ε \d/);
    expect(text).toContain('2 of 9 checked sums are WRONG');
  });
});

describe('as JSON', () => {
  const objects = () => lines().map((line) => JSON.parse(line));

  it('writes one object per event and the summary last', async () => {
    const shown = display({ format: 'json', isTty: true });
    expect(await shown.step('Data', Promise.resolve(7))).toBe(7);
    for (const event of wholeJob()) shown.event(event);
    shown.end(sampleReport(), outcome);
    expect(objects()).toEqual([
      { type: 'step', title: 'Data', state: 'started' },
      { type: 'step', title: 'Data', state: 'done', seconds: 0 },
      ...wholeJob(),
      JSON.parse(JSON.stringify(summaryOf(sampleReport()))),
    ]);
    expect(out.writes.join('')).not.toContain('\x1b');
  });

  it('keeps what is notable when quiet', async () => {
    const shown = display({ format: 'json', quiet: true });
    await shown.step('Data', Promise.resolve());
    for (const event of wholeJob()) shown.event(event);
    shown.end(sampleReport(), outcome);
    expect(objects().map(({ type }) => type)).toEqual(['dropped', 'round-aborted', 'job-ended', 'summary']);
  });

  it('ends with code and exit code when it fails', async () => {
    const shown = display({ format: 'json' });
    await expect(shown.step('Data', Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    shown.fail(new FedwardError('QUORUM_LOST', 'Too few.'));
    shown.fail(new Error('defect'));
    expect(objects().slice(1)).toEqual([
      { type: 'step', title: 'Data', state: 'failed', seconds: 0 },
      { type: 'error', code: 'QUORUM_LOST', message: 'Too few.', exitCode: 5 },
      { type: 'error', code: 'UNEXPECTED', message: 'defect', exitCode: 1 },
    ]);
  });
});
