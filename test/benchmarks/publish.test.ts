import { spawnSync } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { closeRun, openRun, publish, publishing, type Run } from '../../benchmarks/demo/publish.ts';

let dir: string;
beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'fedward-publish-')), 'demo');
});

async function finishedRun(id: string): Promise<Run> {
  const run = await openRun(dir, id);
  await writeFile(join(run.model, 'weights.bin'), id);
  await writeFile(join(run.folder, 'report.json'), id);
  await writeFile(join(run.folder, 'report.html'), id);
  return run;
}

/** What a visitor finds under each of the three names: the id of a run, or null. */
async function visible(): Promise<(string | null)[]> {
  const paths = ['model/weights.bin', 'report.json', 'report.html'];
  return Promise.all(paths.map((path) => readFile(join(dir, path), 'utf8').catch(() => null)));
}

const hidden = async () => (await readdir(dir)).filter((name) => name.startsWith('.'));

/** Does the first `count` steps of publishing and then nothing, as if killed. */
async function publishKilledAfter(count: number, run: Run): Promise<boolean> {
  const steps = publishing(dir, run);
  for (let i = 0; i < count; i++) if ((await steps.next()).done) return false;
  return true;
}

describe('publish', () => {
  it('makes the run the latest one, by a relative link that survives moving the folder', async () => {
    const published = await publish(dir, await finishedRun('first'));
    expect(await visible()).toEqual(['first', 'first', 'first']);
    expect(await readlink(published.model)).toBe(join('runs', 'first', 'model'));
    expect(published.movedAside).toBeNull();
    await publish(dir, await finishedRun('second'));
    expect(await visible()).toEqual(['second', 'second', 'second']);
    expect(await readFile(join(dir, 'runs/first/model/weights.bin'), 'utf8')).toBe('first');
    expect((await readdir(dir)).sort()).toEqual(['model', 'report.html', 'report.json', 'runs']);
  });

  it('shows old or new, whole, wherever it is killed, and the next run tidies up', async () => {
    await publish(dir, await finishedRun('r0'));
    let count = 1;
    for (; ; count++) {
      const before = await visible();
      const id = `r${count}`;
      if (!(await publishKilledAfter(count, await finishedRun(id)))) break;
      for (const [i, seen] of (await visible()).entries()) expect([before[i], id]).toContain(seen);
      await openRun(dir, `tidy-${count}`);
      expect(await hidden()).toEqual([]);
    }
    expect(count).toBe(7);
    expect(await visible()).toEqual(['r7', 'r7', 'r7']);
  });

  it('moves a real model directory aside and keeps it', async () => {
    await mkdir(join(dir, 'model'), { recursive: true });
    await writeFile(join(dir, 'model/weights.bin'), 'mine');
    const { movedAside } = await publish(dir, await finishedRun('first'));
    expect(await visible()).toEqual(['first', 'first', 'first']);
    expect(movedAside).toBe(join(dir, 'model-before-first'));
    expect(await readFile(join(dir, 'model-before-first/weights.bin'), 'utf8')).toBe('mine');
    expect((await lstat(join(dir, 'model'))).isSymbolicLink()).toBe(true);
  });

  it('never loses a real model directory, wherever it is killed', async () => {
    for (let count = 1; count <= 6; count++) {
      dir = join(await mkdtemp(join(tmpdir(), 'fedward-publish-')), 'demo');
      await mkdir(join(dir, 'model'), { recursive: true });
      await writeFile(join(dir, 'model/weights.bin'), 'mine');
      await publishKilledAfter(count, await finishedRun('first'));
      await openRun(dir, 'next');
      expect(await hidden()).toEqual([]);
      const kept = await Promise.all(
        ['model', 'model-before-first'].map((name) =>
          readFile(join(dir, name, 'weights.bin'), 'utf8').catch(() => null),
        ),
      );
      expect(kept).toContain('mine');
      expect(kept[0]).not.toBeNull();
    }
  });

  it('removes runs whose process is gone, and no others', async () => {
    const failed = await openRun(dir, 'failed');
    await closeRun(failed);
    await openRun(dir, 'mine');
    await openRun(dir, 'abandoned');
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await writeFile(join(dir, 'runs/abandoned/unfinished'), `${pid}\n`);
    await openRun(dir, 'next');
    expect((await readdir(join(dir, 'runs'))).sort()).toEqual(['failed', 'mine', 'next']);
  });

  it('refuses a run id that is used or no plain name', async () => {
    await openRun(dir, 'first');
    await expect(openRun(dir, 'first')).rejects.toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    for (const id of ['', '..', 'a/b', '-x', 'x'.repeat(64)])
      await expect(openRun(dir, id)).rejects.toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it.each(['model/weights.bin', 'report.json', 'report.html'])(
    'publishes nothing of a run without %s',
    async (file) => {
      await publish(dir, await finishedRun('first'));
      const run = await finishedRun('second');
      await rm(join(run.folder, file));
      await expect(publish(dir, run)).rejects.toThrow();
      expect(await visible()).toEqual(['first', 'first', 'first']);
    },
  );
});
