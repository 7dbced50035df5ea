/** Progress on standard error: one line that is drawn anew on a terminal, a line now and then elsewhere. */

export interface Progress {
  /** @param text made only when it is shown. */
  show(text: () => string): void;
  /** Leaves the terminal as it was. */
  end(): void;
}

export interface ProgressOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What is done sooner needs no progress. */
const PATIENCE_MS = 1000;
const TERMINAL_MS = 200;
const LOG_MS = 10_000;

export function createProgress(output: ProgressOutput, quiet: boolean): Progress {
  const isTerminal = output.isTTY === true;
  let next = performance.now() + PATIENCE_MS;
  let drawn = false;
  return {
    show(text) {
      if (quiet || performance.now() < next) return;
      next = performance.now() + (isTerminal ? TERMINAL_MS : LOG_MS);
      drawn = true;
      output.write(isTerminal ? `\r\x1b[K${text().slice(0, (output.columns ?? 80) - 1)}` : `${text()}\n`);
    },
    end() {
      if (drawn && isTerminal) output.write('\r\x1b[K');
      drawn = false;
    },
  };
}
