/**
 * What makes a member's session go forward only: one place that knows how far it has come and every secret
 * it holds. The states of `member.ts` are plain objects and could be copied; all copies share this guard.
 */
import { FedwardError } from '../proto/errors.ts';
import type { Secret } from './secret.ts';

export class Guard<Step extends string> {
  #at: Step | 'ended';
  readonly #secrets = new Set<Secret>();

  constructor(start: Step) {
    this.#at = start;
  }

  /** True once no step can follow: it was refused or abandoned. */
  get ended(): boolean {
    return this.#at === 'ended';
  }

  /** Puts `secret` among those that end with the session. */
  keep(secret: Secret): Secret {
    this.#secrets.add(secret);
    return secret;
  }

  /**
   * Runs the one step that leads from `from` to the state that `run` returns. It cannot be repeated: a refusal
   * ends the session too, so that nobody can try one message after another on the same secrets.
   * @throws FedwardError `ALREADY_SPENT` when the session is no longer at `from`; whatever `run` throws.
   */
  step<R extends { readonly state: { readonly at: Step } }>(from: Step, run: () => R): R {
    if (this.#at !== from) {
      throw new FedwardError(
        'ALREADY_SPENT',
        `This step was taken already: the session is ${this.#at}, not ${from}. Each step happens once; wait for the next attempt.`,
      );
    }
    this.#at = 'ended';
    try {
      const result = run();
      this.#at = result.state.at;
      return result;
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  /** Ends the session and erases every secret that it still holds. */
  abandon(): void {
    this.#at = 'ended';
    for (const secret of this.#secrets) secret.erase();
    this.#secrets.clear();
  }
}
