/** What a log reader gives: records with their whereabouts, and what it could not read, with the reason. */

export interface Whereabouts {
  /** File that the record came from, or `<stdin>`. */
  readonly source: string;
  /** 1-based number of the record in that file; 0 for the file as a whole. */
  readonly position: number;
}

export interface Refused extends Whereabouts {
  readonly kind: 'refused';
  /** One sentence. */
  readonly reason: string;
}

export interface ReadRecord<Sample> extends Whereabouts {
  readonly kind: 'record';
  readonly sample: Sample;
  /** What could not be read as it should, in one sentence; null when all is well. */
  readonly note: string | null;
}

export type ReadItem<Sample> = ReadRecord<Sample> | Refused;

export interface ReadOptions {
  /** Read in place of the path "-". @default process.stdin */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Bytes one record may have. @default 32 MiB */
  readonly limit?: number;
}

export interface Reader<Sample> {
  readonly id: string;
  readonly title: string;
  /** The threat whose samples it reads. */
  readonly threat: string;
  /**
   * Streams what lies at `path`: a file, a folder with all below it, or "-". A broken record never ends
   * the stream, it becomes an item that says so.
   * @throws FedwardError `DATA_INVALID` when `path` itself cannot be opened.
   */
  read(path: string, options?: ReadOptions): AsyncGenerator<ReadItem<Sample>>;
}

/** A reader of records that are sorted into classes by where they lie, and so can stand in two. */
export interface IdentifyingReader<Sample> extends Reader<Sample> {
  /** Equal for records that count as the same one. */
  identity(sample: Sample): string;
}

/** `inbox.mbox#12`, for people. */
export function formatWhereabouts({ source, position }: Whereabouts): string {
  return position === 0 ? source : `${source}#${position}`;
}
