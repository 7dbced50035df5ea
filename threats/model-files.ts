/**
 * A model on disk: `model.json` and `weights.bin` in the TensorFlow.js layers format, so that any
 * TensorFlow.js loads it, with Fedward's facts in `userDefinedMetadata`.
 *
 * Loading never builds what the file describes. It builds the catalogue's network, after checking that
 * the file describes the same one: a foreign topology could ask for any amount of memory.
 */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { io } from '@tensorflow/tfjs-core';
import type { Sequential } from '@tensorflow/tfjs-layers';
import { z } from 'zod';
import { FedwardError } from '../proto/errors.ts';
import { writeWhole } from '../proto/files.ts';
import { type KnownThreat, THREATS, UNSUPERVISED_THREATS } from './catalogue.ts';
import type { Engine } from './engine.ts';
import { buildNetwork } from './networks.ts';
import { type NetworkSpec, parameterCount } from './threat.ts';
import { setFlatWeights, weightsFromBytes, weightsHash } from './weights.ts';

const MODEL_FILE = 'model.json';
const WEIGHTS_FILE = 'weights.bin';
const FORMAT = 'fedward-model/1';
const MODEL_FILE_LIMIT = 2 ** 20;

/** Facts about how the model came to be, for people: job, mode, rounds, ε, metrics. */
export type TrainingSummary = Readonly<Record<string, string | number | boolean | null>>;

export interface ModelRelease {
  readonly threat: KnownThreat;
  /** Flat, in the order of `threats/weights.ts`. */
  readonly weights: Float32Array;
  /** Scores at or above it count as detected, in (0, 1). */
  readonly threshold: number;
  /** Program and version. */
  readonly createdBy: string;
  readonly training: TrainingSummary;
}

export interface LoadedModel extends ModelRelease {
  /** Ready to score; the caller disposes of it. */
  readonly model: Sequential;
}

const modelFileSchema = z.object({
  format: z.literal('layers-model'),
  modelTopology: z.object({
    config: z.object({
      layers: z.array(
        z.object({
          class_name: z.string(),
          config: z.object({ units: z.number().optional(), activation: z.string().optional() }),
        }),
      ),
    }),
  }),
  weightsManifest: z
    .array(
      z.object({
        paths: z.tuple([z.literal(WEIGHTS_FILE)]),
        weights: z.array(z.object({ shape: z.array(z.number()), dtype: z.literal('float32') })),
      }),
    )
    .length(1),
  userDefinedMetadata: z.object({
    format: z.literal(FORMAT),
    threat: z.string(),
    encoder: z.string(),
    classes: z.array(z.string()),
    threshold: z.number().gt(0).lt(1),
    weightsSha256: z.string().regex(/^[0-9a-f]{64}$/),
    createdBy: z.string(),
    training: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  }),
});

/**
 * Writes the model into `directory`, which is created. Each file appears whole or not at all, and
 * `model.json` last: a directory without it holds no model, and one whose two files belong to different
 * releases is refused on loading.
 */
export async function saveModel(engine: Engine, directory: string, release: ModelRelease): Promise<void> {
  const { threat, weights } = release;
  const model = buildNetwork(engine, threat.network);
  try {
    setFlatWeights(engine, model, weights);
    model.setUserDefinedMetadata({
      format: FORMAT,
      threat: threat.id,
      encoder: threat.encoder.id,
      classes: threat.classes,
      threshold: release.threshold,
      weightsSha256: hex(weightsHash(weights)),
      createdBy: release.createdBy,
      training: release.training,
    });
    await mkdir(directory, { recursive: true });
    await model.save({ save: (artifacts) => writeArtifacts(directory, artifacts) });
  } finally {
    model.dispose();
  }
}

async function writeArtifacts(directory: string, artifacts: io.ModelArtifacts): Promise<io.SaveResult> {
  const { modelTopology, weightSpecs, weightData, userDefinedMetadata } = artifacts;
  const pieces = [weightData ?? []].flat().map((piece) => new Uint8Array(piece));
  const description = {
    format: 'layers-model',
    generatedBy: artifacts.generatedBy,
    convertedBy: null,
    modelTopology,
    weightsManifest: [{ paths: [WEIGHTS_FILE], weights: weightSpecs }],
    userDefinedMetadata,
  };
  await writeWhole(join(directory, WEIGHTS_FILE), Buffer.concat(pieces));
  await writeWhole(join(directory, MODEL_FILE), Buffer.from(`${JSON.stringify(description, null, 2)}\n`));
  return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
}

/** @throws FedwardError `DATA_INVALID` that names the directory and what does not fit. */
export async function loadModel(engine: Engine, directory: string): Promise<LoadedModel> {
  const refuse = (why: string): never => {
    throw new FedwardError('DATA_INVALID', `The model in ${directory} cannot be used: ${why}`);
  };
  const description = parseDescription(await readBounded(directory, MODEL_FILE, MODEL_FILE_LIMIT), refuse);
  const metadata = description.userDefinedMetadata;
  const { threat: id, encoder, classes, weightsSha256, threshold, createdBy, training } = metadata;
  const threat =
    [...THREATS, ...UNSUPERVISED_THREATS].find((entry) => entry.id === id) ??
    refuse(`it detects ${JSON.stringify(id.slice(0, 80))}, a threat that this version does not know.`);
  if (encoder !== threat.encoder.id) {
    refuse(
      `it was trained on features ${JSON.stringify(encoder.slice(0, 80))}; this version makes ${threat.encoder.id}. Retrain it, or use the version that made it.`,
    );
  }
  if (classes.join() !== threat.classes.join()) refuse(`its classes are not ${threat.classes.join(', ')}.`);
  checkNetwork(description, threat.network, refuse);

  const parameters = parameterCount(threat.network);
  const weights = weightsFromBytes(await readBounded(directory, WEIGHTS_FILE, parameters * 4), parameters);
  if (hex(weightsHash(weights)) !== weightsSha256) {
    refuse(`${WEIGHTS_FILE} is not the file that ${MODEL_FILE} was written with. Export the model again.`);
  }
  const model = buildNetwork(engine, threat.network);
  setFlatWeights(engine, model, weights);
  return { threat, weights, model, threshold, createdBy, training };
}

type Refuse = (why: string) => never;
type ModelFile = z.output<typeof modelFileSchema>;

function parseDescription(bytes: Uint8Array, refuse: Refuse): ModelFile {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return refuse(`${MODEL_FILE} is not JSON.`);
  }
  const result = modelFileSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  return refuse(
    `${MODEL_FILE} is not a Fedward model at ${issue?.path.join('.') || 'its root'}: ${issue?.message}.`,
  );
}

function checkNetwork(file: ModelFile, network: NetworkSpec, refuse: Refuse): void {
  const layers = file.modelTopology.config.layers.filter(({ class_name }) => class_name !== 'InputLayer');
  const described = layers.map(
    ({ class_name, config }) => `${class_name} ${config.units} ${config.activation}`,
  );
  const expected = network.layers.map(({ units, activation }) => `Dense ${units} ${activation}`);
  if (described.join() !== expected.join()) {
    refuse(`its layers are ${described.join(', ')}; the threat's network is ${expected.join(', ')}.`);
  }
  const shapes = (file.weightsManifest[0]?.weights ?? []).map(({ shape }) => shape.join('×'));
  let fanIn = network.inputs;
  const wanted = network.layers.flatMap(({ units }) => {
    const kernel = `${fanIn}×${units}`;
    fanIn = units;
    return [kernel, `${units}`];
  });
  if (shapes.join() !== wanted.join())
    refuse(`its weights are ${shapes.join(', ')}; expected ${wanted.join(', ')}.`);
}

async function readBounded(directory: string, name: string, limit: number): Promise<Uint8Array> {
  const path = join(directory, name);
  try {
    const { size } = await stat(path);
    if (size <= limit) return await readFile(path);
  } catch (error) {
    throw new FedwardError(
      'DATA_INVALID',
      `There is no readable model in ${directory}: ${name} is missing.`,
      {
        cause: error,
      },
    );
  }
  throw new FedwardError('DATA_INVALID', `${path} is larger than the ${limit} bytes that it may have.`);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
