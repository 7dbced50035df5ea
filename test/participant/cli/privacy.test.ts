/** The calculator as a person or a script meets it. What it computes is tested where it is computed. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import yargs from 'yargs';
import { privacyCommand } from '../../../participant/cli/privacy.ts';
import { FedwardError } from '../../../proto/errors.ts';

afterEach(() => vi.restoreAllMocks());

async function ask(question: string): Promise<string> {
  let said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  await yargs(question.split(' '))
    .command(privacyCommand)
    .strict()
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new FedwardError('INVALID_ARGUMENT', message);
    })
    .parseAsync();
  return said;
}

const answer = async (question: string) =>
  JSON.parse(await ask(`privacy ${question} --format json`)) as Record<string, number>;

const RUN = '--noise-multiplier 1.1 --sample-rate 0.01 --steps 6000';

describe('fedward privacy, as JSON', () => {
  it('epsilon, by each accountant', async () => {
    const rdp = await answer(`epsilon ${RUN} --delta 1e-5`);
    expect(Object.keys(rdp)).toEqual(['epsilon']);
    expect(Math.abs((rdp.epsilon ?? 0) / 4.2465987369 - 1)).toBeLessThan(3e-6);
    const ledger = await answer(`epsilon ${RUN} --delta 1e-5 --accountant ledger`);
    const pld = await answer(`epsilon ${RUN} --delta 1e-5 --accountant pld`);
    expect(pld.epsilon).toBeLessThan(rdp.epsilon ?? 0);
    expect(ledger.epsilon).toBeGreaterThanOrEqual(rdp.epsilon ?? 0);
  });

  it('delta undoes epsilon', async () => {
    const { epsilon } = await answer(`epsilon ${RUN} --delta 1e-5`);
    const { delta } = await answer(`delta ${RUN} --epsilon ${epsilon}`);
    expect(delta).toBeCloseTo(1e-5, 9);
  });

  it('noise is enough, and hardly more', async () => {
    const schedule = '--delta 1e-5 --sample-rate 0.04 --steps 2000';
    const { noiseMultiplier = 0 } = await answer(`noise --epsilon 8 ${schedule}`);
    const { epsilon } = await answer(`epsilon --noise-multiplier ${noiseMultiplier} ${schedule}`);
    expect(epsilon).toBeLessThanOrEqual(8);
    expect(epsilon).toBeGreaterThan(7.9999);
  });

  it('analytic-gaussian gives the σ whose δ(ε) is exact', async () => {
    const { sigma } = await answer('analytic-gaussian --epsilon 1 --delta 1e-5');
    expect(sigma).toBeCloseTo(3.730631634944469, 8);
  });

  it('reidentification gives power, advantage and reduction', async () => {
    const { power = 0, advantage = 0, reduction = 0 } = await answer(`reidentification ${RUN} --prior 0.01`);
    expect(power).toBeGreaterThan(0.01);
    expect(advantage).toBeCloseTo((power - 0.01) / 0.99, 12);
    expect(reduction).toBeCloseTo(1 - advantage, 12);
  });

  it('audit gives the lower bound', async () => {
    const { epsilon } = await answer('audit --canaries 1000 --guesses 100 --correct 90 --delta 1e-5');
    expect(epsilon).toBeCloseTo(1.6261437, 6);
  });
});

describe('fedward privacy, for people', () => {
  it('shows the figure, never rounded down, and what steps and noise change', async () => {
    const text = await ask(`privacy epsilon ${RUN}`);
    expect(text).toContain('ε = 4.2466 at δ = 1e-5');
    expect(text).toMatch(/steps +1,500 +3,000 +6,000 +12,000 +24,000/);
    expect(text).toMatch(/noise +0\.55 +0\.825 +1\.1 +1\.65 +2\.2/);
  });

  it.each([
    ['epsilon --noise-multiplier 0 --sample-rate 0.01 --steps 10', '--noise-multiplier'],
    ['epsilon --noise-multiplier x --sample-rate 0.01 --steps 10', 'no number'],
    ['epsilon --noise-multiplier 1 --noise-multiplier 2 --sample-rate 0.01 --steps 10', 'more than once'],
    ['epsilon --noise-multiplier 1 --sample-rate 1.5 --steps 10', '--sample-rate'],
    ['epsilon --noise-multiplier 1 --sample-rate 0.5 --steps 1.5', '--steps'],
    ['epsilon --noise-multiplier 1 --sample-rate 0.5 --steps 10 --delta 1', '--delta'],
    ['delta --noise-multiplier 1 --sample-rate 0.5 --steps 10 --epsilon -1', '--epsilon'],
    ['noise --epsilon 0 --sample-rate 0.5 --steps 10', '--epsilon'],
    ['analytic-gaussian --epsilon 1 --sensitivity 0', '--sensitivity'],
    ['reidentification --noise-multiplier 1 --sample-rate 0.5 --steps 10 --prior 1', '--prior'],
    ['audit --canaries 10 --guesses 11 --correct 5', '--guesses'],
    ['audit --canaries 10 --guesses 5 --correct 6', '--correct'],
    ['nothing', ''],
  ])('refuses %s', async (question, named) => {
    const refusal = await ask(`privacy ${question}`).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(FedwardError);
    expect(refusal).toMatchObject({ exitCode: 2 });
    expect(String(refusal)).toContain(named);
  });
});
