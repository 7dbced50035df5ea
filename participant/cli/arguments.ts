/** What yargs lets pass in silence: an option without its value, one given twice, a number that is none. */
import { FedwardError } from '../../proto/errors.ts';
import { shortened } from './printable.ts';

/** Where "-" is standard input, or where it is said that it is not. */
const TAKES_DASH = new Set(['--input', '--output', '--plot']);

/** `--input -` as `--input=-`: yargs takes a lone "-" for an argument of its own. */
export function withDashes(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1) ?? '';
    if (arg === '-' && TAKES_DASH.has(before)) joined.splice(-1, 1, `${before}=-`);
    else joined.push(arg);
  }
  return joined;
}

/** What `yargs.check` hands on of the options that a command declares. */
export interface DeclaredOptions {
  /** Every option, under each of its names. */
  readonly key: Readonly<Record<string, unknown>>;
  readonly alias: Readonly<Record<string, readonly string[]>>;
  readonly array: readonly string[];
  readonly boolean: readonly string[];
  readonly count: readonly string[];
  readonly number: readonly string[];
}

/** @throws FedwardError `INVALID_ARGUMENT` that names the option: a default must never stand in for what was meant. */
export function checkArguments(args: readonly string[], declared: DeclaredOptions): void {
  const names = new Map<string, string>();
  for (const name of Object.keys(declared.key)) {
    for (const alias of [name, ...(declared.alias[name] ?? [])]) names.set(alias, names.get(alias) ?? name);
  }
  const is = (kind: 'array' | 'boolean' | 'count' | 'number', spelt: string, name: string) =>
    declared[kind].includes(spelt) || declared[kind].includes(name);
  const seen = new Set<string>();
  for (const [i, arg] of args.entries()) {
    if (arg === '--') return;
    const [, dashes = '', spelt = '', given] = /^(--?)([^=\s-][^=\s]*)(?:=(.*))?$/s.exec(arg) ?? [];
    const name = names.get(spelt);
    if (name === undefined) continue;
    const option = `${dashes}${spelt}`;
    const isArray = is('array', spelt, name);
    if (seen.has(name) && !isArray) refuse(`${option} is given more than once.`);
    seen.add(name);
    if (is('boolean', spelt, name) || is('count', spelt, name)) continue;
    const value = given ?? args[i + 1];
    if (value === undefined || value === '' || (given === undefined && isOption(value))) {
      refuse(`${option} needs a value, as in ${option}=….`);
    }
    if (is('number', spelt, name) && !isNumber(value ?? '')) {
      refuse(`${option} must be a number; got ${JSON.stringify(shortened(value ?? '', 40))}.`);
    }
  }
}

/** A negative number is a value, as yargs has it. */
function isOption(arg: string): boolean {
  return /^-[^\d.]/.test(arg);
}

function isNumber(text: string): boolean {
  return text.trim() !== '' && !Number.isNaN(Number(text));
}

function refuse(message: string): never {
  throw new FedwardError('INVALID_ARGUMENT', message);
}
