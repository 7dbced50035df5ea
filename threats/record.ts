/** One record of a log as its reader hands it on: typed cells by name, in three bags of which encoders see only one. */

/** `null` stands for a value that the log leaves unset. */
export type Cell = string | number | null;
export type Cells = Readonly<Record<string, Cell>>;

export interface RowSample {
  /** The layout the row came in: `nsl-kdd`, `zeek/conn`, `suricata/flow`, … */
  readonly format: string;
  /** What an encoder may look at. */
  readonly fields: Cells;
  /** What a label rule may look at. */
  readonly labels: Cells;
  /**
   * What names the record or gives its label away (ids, date and time of a staged attack, difficulty): for
   * quality checks and entity ids, never for an encoder.
   */
  readonly context: Cells;
}
