/** What every entry of the threat catalogue must keep to; a new entry is tested the moment it is listed. */
import { describe, expect, test } from 'vitest';
import { readerForThreat } from '../../participant/readers/catalogue.ts';
import { THREATS, threatById } from '../../threats/catalogue.ts';
import { loadEngine } from '../../threats/engine.ts';
import { initialWeights } from '../../threats/initial-weights.ts';
import { buildNetwork } from '../../threats/networks.ts';
import { parameterCount } from '../../threats/threat.ts';

test('ids are distinct, and an unknown one is answered with those known', () => {
  expect(new Set(THREATS.map(({ id }) => id)).size).toBe(THREATS.length);
  expect(new Set(THREATS.map(({ encoder }) => encoder.id)).size).toBe(THREATS.length);
  expect(() => threatById('coffee')).toThrow(`Known: ${THREATS.map(({ id }) => id).join(', ')}.`);
});

describe.each(THREATS.map((threat) => [threat.id, threat] as const))('%s', (id, threat) => {
  test('is found by its id and has a reader', () => {
    expect(threatById(id)).toBe(threat);
    expect(readerForThreat(id).threat).toBe(id);
  });

  test('its network takes the encoder’s rows and tells its classes apart', async () => {
    expect(threat.network.inputs).toBe(threat.encoder.width);
    const last = threat.network.layers.at(-1);
    expect(last).toEqual(
      threat.classes.length === 2
        ? { units: 1, activation: 'sigmoid' }
        : { units: threat.classes.length, activation: 'softmax' },
    );
    const model = buildNetwork(await loadEngine({ prefer: 'wasm' }), threat.network);
    expect(model.countParams()).toBe(parameterCount(threat.network));
    expect(initialWeights(threat.network, 1)).toHaveLength(parameterCount(threat.network));
    model.dispose();
  });

  test('its encoder is named with a version', () => {
    expect(threat.encoder.id).toMatch(/^[a-z0-9-]+\/\d+$/);
  });
});
