import { describe, expect, it } from 'vitest';
import { planText } from '../../coordinator/cli/secagg-plan.ts';
import { uploadBytes, uploadOverhead } from '../../coordinator/upload.ts';
import { hospitalId } from '../../proto/vocabulary.ts';
import { planGraph } from '../../secagg/graph-parameters.ts';

describe('fedward secagg plan', () => {
  it('says what the random graph protects against, and that hospitals refuse it by default', () => {
    const text = planText(planGraph({ members: 500, dropouts: 150, corrupt: 50 }), {
      ...{ dropouts: 150, colluders: 50, uploadBytes: 12_800 },
    });
    expect(text).toContain('500 members, of whom 150 may drop out and 50 may collude with the coordinator.');
    expect(text).toContain('random Harary graph');
    expect(text).toContain('76 for each member');
    expect(text).toContain('31 of 76 shares');
    expect(text).toContain('2^-20.1 at most');
    expect(text).toContain('2^-42.2 at most');
    expect(text).toContain('12.5 KiB');
    expect(text).toMatch(/does not protect\nagainst one that breaks the protocol/);
    expect(text).toContain('default site policy refuses it');
  });

  it('says that the complete graph protects against a coordinator that breaks the protocol', () => {
    const text = planText(planGraph({ members: 100, dropouts: 30, corrupt: 10 }), {
      ...{ dropouts: 30, colluders: 10, uploadBytes: 16_000 },
    });
    expect(text).toContain('70 of 100 shares');
    expect(text).toContain('never, within these numbers');
    expect(text).toContain('Protects against a coordinator that breaks the protocol');
    expect(text).not.toContain('refuses');
  });
});

describe('the upload', () => {
  it('is a protocol buffer behind five bytes of gRPC', () => {
    const message = { from: hospitalId('site-000'), signature: new Uint8Array(64) };
    // stage{ attempt{ job: 5, round: 2, attempt: 2 } 11, attestation{ from: 2, signature: 66 } 70 } 83 bytes.
    expect(uploadBytes({ stage: 'R3', message })).toBe(5 + 83);
  });

  it('beyond the vector stays below 16 KiB on the largest complete graph, and on the graph of 500', () => {
    const complete = uploadOverhead(planGraph({ members: 100, dropouts: 30, corrupt: 10 }));
    expect(complete).toBeGreaterThan(99 * 80 + 100 * 32);
    expect(complete).toBeLessThan(16 * 1024);
    expect(uploadOverhead(planGraph({ members: 500, dropouts: 150, corrupt: 50 }))).toBeLessThan(complete);
  });
});
