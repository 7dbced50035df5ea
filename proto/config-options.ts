/** What every command that runs from a configuration file takes on its command line. */
import { dirname, resolve } from 'node:path';
import type { Argv } from 'yargs';
import type { z } from 'zod';
import { parseConfig } from './config.ts';
import { readNamedFile } from './files.ts';

export interface ConfigArguments {
  config: string;
  set: string[];
}

/** @param example One override, for the help text. */
export function configOptions<T>(yargs: Argv<T>, example: string): Argv<T & ConfigArguments> {
  return yargs
    .option('config', { type: 'string', demandOption: true, describe: 'Configuration file (YAML)' })
    .option('set', {
      alias: 'c',
      type: 'string',
      array: true,
      default: [],
      describe: `Override one key, such as ${example}`,
    });
}

/**
 * The configuration with its overrides, and the folder against which its relative paths are meant.
 *
 * @throws FedwardError `CONFIG_INVALID` that names the file and the first wrong key.
 */
export async function readConfig<S extends z.ZodType>(
  schema: S,
  { config: file, set }: ConfigArguments,
): Promise<{ config: z.output<S>; folder: string }> {
  const text = String(await readNamedFile('The configuration', file));
  return { config: parseConfig(schema, text, file, set), folder: dirname(resolve(file)) };
}
