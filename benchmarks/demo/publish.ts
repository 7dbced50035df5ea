/**
 * How a finished demo run becomes the one that people find.
 *
 *     <dir>/runs/<id>/{model/, report.json, report.html}   every run, written once
 *     <dir>/model → runs/<id>/model                        the latest, each replaced by one rename
 *     <dir>/report.json, <dir>/report.html
 *
 * Killed between any two steps, each of the three is the old one or the new one, whole. The three change one
 * after the other; a report names its run, so a mixture can be told. What a killed run leaves behind bears
 * names that begin with `.fedward-`, or is a run's folder marked `unfinished`; the next run tidies it up.
 *
 * A rename cannot put a link in a directory's place. So a `model` that is a real directory (copied here from
 * elsewhere) is first moved out of the way: that is the only moment at which there is no `model`, and
 * whoever opens the next run there moves it back. It is never deleted.
 */
import { lstat, mkdir, open, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FedwardError } from '../../proto/errors.ts';

export interface Run {
  readonly id: string;
  readonly folder: string;
  /** An empty directory for the model. */
  readonly model: string;
}

export interface Published {
  readonly model: string;
  readonly reportJson: string;
  readonly reportHtml: string;
  /** Where a directory that was in the way is now; null when there was none. */
  readonly movedAside: string | null;
}

/** Lies in a run's folder, with the process's number in it, until the run is published or has failed. */
const UNFINISHED = 'unfinished';
const RUN_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
const TEMPORARY = /^\.fedward-.+\.tmp$/;
const IN_THE_WAY = /^\.fedward-model\.(.+)\.aside$/;

/**
 * Creates the folder of a new run, after tidying up what killed ones left.
 *
 * Two demos may share `dir`, but not start while the other publishes: its temporary files look left behind.
 *
 * @throws FedwardError `INVALID_ARGUMENT` for an id that is no plain name, `CONFIG_INVALID` when it was used.
 */
export async function openRun(dir: string, id: string): Promise<Run> {
  if (!RUN_ID.test(id)) {
    throw new FedwardError('INVALID_ARGUMENT', 'A run id must be 1–63 characters of a–z, 0–9 and "-".');
  }
  const folder = join(dir, 'runs', id);
  await mkdir(join(dir, 'runs'), { recursive: true });
  await tidy(dir);
  await removeAbandoned(join(dir, 'runs'));
  try {
    await mkdir(folder);
  } catch (cause) {
    throw new FedwardError(
      'CONFIG_INVALID',
      `The run folder ${folder} cannot be created: it may exist already, or ${dir} may not be writable. Choose another output folder.`,
      { cause },
    );
  }
  await writeFile(join(folder, UNFINISHED), `${process.pid}\n`);
  const model = join(folder, 'model');
  await mkdir(model);
  return { id, folder, model };
}

/** Keeps a run that will not be published, for its logs. */
export async function closeRun(run: Run): Promise<void> {
  await rm(join(run.folder, UNFINISHED), { force: true });
}

/** Makes a run whose folder is complete the latest one. */
export async function publish(dir: string, run: Run): Promise<Published> {
  const steps = publishing(dir, run);
  let step = await steps.next();
  while (!step.done) step = await steps.next();
  return step.value;
}

const REPORTS = ['report.json', 'report.html'] as const;

/**
 * The steps of `publish`, one yield between each two: a test stops where a kill might. All that can fail
 * for want of a file or of space comes before the first rename.
 */
export async function* publishing(dir: string, run: Run): AsyncGenerator<string, Published> {
  const besides = (name: string) => join(dir, `.fedward-${name}.${run.id}.tmp`);
  if ((await readdir(run.model)).length === 0) {
    throw new FedwardError('DATA_INVALID', `The run ${run.folder} has no model: it cannot be published.`);
  }
  for (const name of REPORTS) {
    await writeSynced(besides(name), await readFile(join(run.folder, name)));
    yield `${name} is beside`;
  }
  await closeRun(run);
  await symlink(join('runs', run.id, 'model'), besides('model'), 'dir');
  await syncTree(run.folder);
  yield 'all is on disk';

  const model = join(dir, 'model');
  const inTheWay = (await kindOf(model)) === 'other';
  const parked = join(dir, `.fedward-model.${run.id}.aside`);
  if (inTheWay) {
    await rename(model, parked);
    yield 'the old directory is out of the way';
  }
  await rename(besides('model'), model);
  yield 'model is published';
  for (const name of REPORTS) {
    await rename(besides(name), join(dir, name));
    yield `${name} is published`;
  }
  if (inTheWay) await rename(parked, asideName(dir, run.id));
  await syncPath(dir);
  return {
    model,
    reportJson: join(dir, 'report.json'),
    reportHtml: join(dir, 'report.html'),
    movedAside: inTheWay ? asideName(dir, run.id) : null,
  };
}

async function tidy(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const id = IN_THE_WAY.exec(name)?.[1];
    if (id !== undefined) {
      // Killed before the new link was there, or after?
      const missing = (await kindOf(join(dir, 'model'))) === 'nothing';
      await rename(join(dir, name), missing ? join(dir, 'model') : asideName(dir, id));
    } else if (TEMPORARY.test(name)) {
      await rm(join(dir, name), { force: true });
    }
  }
}

/** Removes the runs whose process was killed before it could publish them or say why it failed. */
async function removeAbandoned(runs: string): Promise<void> {
  for (const name of await readdir(runs)) {
    const owner = await readFile(join(runs, name, UNFINISHED), 'utf8').catch(() => null);
    if (owner !== null && !isAlive(Number(owner)))
      await rm(join(runs, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid < 1) return false;
  try {
    // Signal 0 is only the question whether the process exists; EPERM says that it does, as another user's.
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function asideName(dir: string, id: string): string {
  return join(dir, `model-before-${id}`);
}

async function kindOf(path: string): Promise<'nothing' | 'link' | 'other'> {
  try {
    return (await lstat(path)).isSymbolicLink() ? 'link' : 'other';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'nothing';
    throw error;
  }
}

async function writeSynced(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename may reach the disk before the content it publishes: everything is synced before it. */
async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) await syncPath(path);
  }
  await syncPath(folder);
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path);
  await handle.sync().finally(() => handle.close());
}
