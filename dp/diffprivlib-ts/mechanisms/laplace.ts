import type { DpEvent } from '../../accounting/events.ts';
import { checkEpsilonDelta, checkSensitivity, checkValue } from '../validation.ts';
import { laplaceEvent, laplaceNoise, laplaceRate } from './lattice-laplace.ts';
import { Mechanism, type MechanismOptions, type Moments } from './mechanism.ts';

export interface LaplaceOptions extends MechanismOptions {
  /** ε ≥ 0; may be 0 if delta is not. */
  readonly epsilon: number;
  /** 0 ≤ δ < 1, by default 0. */
  readonly delta?: number;
  /** Δ ≥ 0: the most by which one record moves the value. */
  readonly sensitivity: number;
}

/**
 * The Laplace mechanism (Dwork, McSherry, Nissim, Smith 2006): value + noise of scale Δ/(ε − ln(1−δ)), on a
 * power-of-two lattice.
 */
export class Laplace extends Mechanism<LaplaceOptions, number, number> {
  readonly sensitivity: number;
  readonly #rate: number;
  readonly #addNoise;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: LaplaceOptions) {
    const { delta = 0 } = options;
    super(options, checkEpsilonDelta(options.epsilon, delta));
    this.sensitivity = checkSensitivity(options.sensitivity);
    this.#rate = laplaceRate(this.epsilon, this.delta);
    this.#addNoise = laplaceNoise(this.#rate, this.sensitivity);
    Object.freeze(this);
  }

  override randomise(value: number): number {
    return this.#addNoise(checkValue(value), this.bits);
  }

  override get event(): DpEvent {
    return laplaceEvent(this.#rate, this.sensitivity);
  }

  override copy(): Laplace {
    return new Laplace(this.options);
  }

  protected override moments(value: number): Moments {
    checkValue(value);
    return { bias: 0, variance: 2 * (this.sensitivity / this.#rate) ** 2 };
  }
}
