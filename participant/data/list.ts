/** `fedward data list`: the public data sets, a block of a few lines each. */
import { styleText } from 'node:util';
import { amount } from '../quality-words.ts';
import { type Presence, presenceOf } from './presence.ts';
import { PUBLIC_SETS, type PublicSet } from './public-sets.ts';
import { bytes, wrapped } from './text.ts';

export interface ListOptions {
  readonly folder: string;
  readonly format: 'table' | 'json';
  /** Names and presence only. */
  readonly quiet: boolean;
  readonly width: number;
  readonly colour: boolean;
}

export async function listPublicSets(options: ListOptions, write: (text: string) => void): Promise<void> {
  for (const set of PUBLIC_SETS) {
    const presence = await presenceOf(set, options.folder);
    if (options.format === 'json') write(`${JSON.stringify({ ...set, presence })}\n`);
    else if (options.quiet) write(`${set.name} ${presence.state}\n`);
    else write(`${block(set, presence, options)}\n\n`);
  }
}

const FILES_SHOWN = 4;
const LABEL = 10;

function block(set: PublicSet, presence: Presence, { width, colour }: ListOptions): string {
  const bold = (text: string) => (colour ? styleText('bold', text) : text);
  const line = (label: string, text: string) => {
    const [first = '', ...rest] = wrapped(text, width - LABEL - 2);
    return [`  ${label.padEnd(LABEL)}${first}`, ...rest.map((more) => `  ${' '.repeat(LABEL)}${more}`)];
  };
  const counts = Object.entries(set.labels).map(([name, count]) => `${name} ${amount(count)}`);
  const shown = set.files.slice(0, FILES_SHOWN);
  const more = set.files.length - shown.length;
  const files = shown.map(({ path, bytes: size, sha256 }) => {
    const name = path.slice(path.indexOf('/') + 1);
    return `${name}, ${bytes(size)}, sha256 ${sha256.slice(0, 12)}…`;
  });
  return [
    `${bold(set.name)}  ${set.title}`,
    ...line('threat', set.threats.join(', ')),
    ...line('rows', `${amount(set.rows)}; ${counts.length === 0 ? 'no labels' : counts.join(', ')}`),
    ...(set.part === null ? [] : line('part', set.part)),
    ...line('source', set.source),
    ...line('licence', set.licence),
    ...files.flatMap((text, i) => line(i === 0 ? 'files' : '', text)),
    ...(more > 0 ? line('', `and ${more} more; --format json has every hash whole`) : []),
    ...line('here', presenceText(presence)),
  ].join('\n');
}

function presenceText(presence: Presence): string {
  switch (presence.state) {
    case 'here':
      return `yes, verified: ${presence.path}`;
    case 'built in':
      return 'yes, it comes with Fedward';
    case 'incomplete': {
      const parts = [
        ...(presence.missing > 0
          ? [presence.missing === 1 ? '1 file is missing' : `${presence.missing} files are missing`]
          : []),
        ...(presence.changed > 0
          ? [`${presence.changed} ${presence.changed === 1 ? 'differs' : 'differ'} from what was published`]
          : []),
      ];
      return `in part: ${parts.join(', ')} in ${presence.path}`;
    }
    case 'absent':
      return 'no';
    default:
      return presence satisfies never;
  }
}
