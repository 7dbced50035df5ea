/**
 * What a threat model is: how a record becomes features, what the label means, which network learns it.
 *
 * Encoders are data-independent (declared ranges, hashing): preparing data spends no privacy and two
 * hospitals that never met produce the same features (DESIGN §10).
 */

/** A stack of fully connected layers; the WASM backend trains these and nothing fancier. */
export interface NetworkSpec {
  /** Width of one encoded record. */
  readonly inputs: number;
  readonly layers: readonly DenseSpec[];
  /**
   * `reconstruct` learns the records themselves, without labels: the targets are the inputs, each in [0, 1].
   * @default 'classify'
   */
  readonly task?: 'classify' | 'reconstruct';
}

export interface DenseSpec {
  readonly units: number;
  /**
   * The last layer is one `sigmoid` unit (binary cross-entropy) or a `softmax` (categorical cross-entropy); to
   * reconstruct, one `sigmoid` unit for each input (binary cross-entropy of each).
   */
  readonly activation: 'relu' | 'tanh' | 'sigmoid' | 'softmax';
}

/** Encoded records: `features` is row-major rows × width, `labels` holds one class index per row (0 = benign). */
export interface Dataset {
  readonly rows: number;
  readonly width: number;
  readonly features: Float32Array;
  readonly labels: Uint8Array;
}

export interface Encoder<Sample> {
  /** Name and version, part of every round plan: features change only together with this string. */
  readonly id: string;
  readonly width: number;
  /** Writes one record's `width` features into `target` (zeroed by the caller) at `offset`. */
  encode(sample: Sample, target: Float32Array, offset: number): void;
  /** Which features come of which field, where features have one; for explanations. */
  readonly spans?: readonly FieldSpan[];
}

/** The features from `start` to `start` + `width` − 1. */
export interface FieldSpan {
  readonly field: string;
  readonly start: number;
  readonly width: number;
}

export interface Threat<Sample> {
  readonly id: string;
  readonly title: string;
  readonly encoder: Encoder<Sample>;
  readonly network: NetworkSpec;
  /** Class names by label index; index 0 is benign. */
  readonly classes: readonly string[];
}

/**
 * What the last layer's units stand for: one for P(threat), one a class, or one an input. Null where it can be
 * trained to nothing of these. Several sigmoid units are inputs, always.
 */
export function outputOf({ task, inputs, layers }: NetworkSpec): 'threat' | 'classes' | 'inputs' | null {
  const { units, activation } = layers.at(-1) ?? { units: 0, activation: null };
  if (task === 'reconstruct') {
    return activation === 'sigmoid' && units === inputs && units > 1 ? 'inputs' : null;
  }
  if (activation === 'sigmoid' && units === 1) return 'threat';
  return activation === 'softmax' && units > 1 ? 'classes' : null;
}

/** Parameters of the network: Σ (fan-in + 1) · units. */
export function parameterCount(network: NetworkSpec): number {
  let fanIn = network.inputs;
  let total = 0;
  for (const { units } of network.layers) {
    total += (fanIn + 1) * units;
    fanIn = units;
  }
  return total;
}
