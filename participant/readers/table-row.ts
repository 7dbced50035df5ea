/** What the readers of rows give: a row, or a refusal that says where and why. */
import type { RowSample } from '../../threats/record.ts';
import type { ExpansionLimits } from './gzip.ts';
import type { FollowOptions } from './lines-follow.ts';
import type { Reader, ReadOptions, ReadRecord, Refused } from './reader.ts';

/** `position` is the line, or the entry's number in a document; a refusal names the column where it is known. */
export interface RowRefused extends Refused {
  /** 1-based. */
  readonly column: number | null;
  /** The source broke off here, after records had been read of it: whatever stood behind is lost. */
  readonly brokeOff?: true;
}

export type RowItem = ReadRecord<RowSample> | RowRefused;

export interface RowReadOptions extends ReadOptions {
  /** Bytes one line may have, or one audit message. @default 1 MiB */
  readonly limit?: number;
  /** Bytes one document may have that can only be read whole: a FHIR Bundle, an advisory. @default 64 MiB */
  readonly documentLimit?: number;
  readonly expansion?: ExpansionLimits;
  /** Ends the reading with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Goes on with what is appended to the file, over rotations. Only for a file that is read by lines. */
  readonly follow?: FollowOptions;
}

export interface RowReader extends Reader<RowSample> {
  read(path: string, options?: RowReadOptions): AsyncGenerator<RowItem>;
  /** The items of `read`, many at once: what a training run over millions of rows takes. */
  readBatches(path: string, options?: RowReadOptions): AsyncGenerator<readonly RowItem[]>;
}

type Batches = (path: string, options: RowReadOptions) => AsyncGenerator<readonly RowItem[]>;

export function rowReader(
  about: Pick<Reader<RowSample>, 'id' | 'title' | 'threat'>,
  batches: Batches,
): RowReader {
  return {
    ...about,
    readBatches: (path, options = {}) => batches(path, options),
    async *read(path, options = {}) {
      for await (const batch of batches(path, options)) {
        for (const item of batch) yield item;
      }
    },
  };
}

export function refused(source: string, position: number, reason: string, column: number | null = null) {
  return { kind: 'refused', source, position, column, reason } as const;
}

/** `conn.log:12:3`: as compilers and editors write it. */
export function formatPlace(item: RowItem): string {
  const column = item.kind === 'refused' && item.column !== null ? `:${item.column}` : '';
  return item.position === 0 ? item.source : `${item.source}:${item.position}${column}`;
}
