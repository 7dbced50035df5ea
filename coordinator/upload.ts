/** What a member uploads in one session of secure aggregation, as gRPC carries it. */
import { encodeFromHospital } from '../proto/codec.ts';
import type { StageBody } from '../proto/messages.ts';
import { type HospitalId, hospitalId, jobId } from '../proto/vocabulary.ts';
import { federationService } from '../proto/wire.ts';
import type { GraphParameters } from '../secagg/graph-parameters.ts';

/** gRPC puts a flag and a length before every message. */
const PREFIX_BYTES = 5;

type Serialize = ReturnType<typeof federationService>['service']['Session']['requestSerialize'];
let serialize: Serialize | undefined;

/** Protocol buffers and gRPC's prefix; HTTP/2 frames and TLS records come on top, some 2 ‰ of a large vector. */
export function uploadBytes(body: StageBody): number {
  serialize ??= federationService().service.Session.requestSerialize;
  const attempt = { job: jobId('job'), round: 1, attempt: 1 };
  return PREFIX_BYTES + serialize(encodeFromHospital({ type: 'stage', attempt, body })).length;
}

/** Everything but the vector: keys, shares, signature. For hospital ids as long as `site-001`. */
export function uploadOverhead({ graph, degree }: GraphParameters): number {
  const id = (index: number): HospitalId => hospitalId(`site-${String(index).padStart(3, '0')}`);
  const from = id(0);
  const key = new Uint8Array(32);
  const signature = new Uint8Array(64);
  const neighbours = Array.from({ length: degree }, (_, i) => id(i + 1));
  const envelopes = neighbours.map((to) => ({ from, to, ciphertext: new Uint8Array(80) }));
  // On the complete graph each member holds a share about itself too.
  const peers = graph === 'complete' ? [from, ...neighbours] : neighbours;
  const shares = peers.map((peer) => ({ peer, kind: 'seed' as const, share: key }));
  const bodies: StageBody[] = [
    { stage: 'R0', message: { from, maskKey: key, sealKey: key, seedCommitment: key, signature } },
    { stage: 'R1', message: { from, envelopes } },
    { stage: 'R3', message: { from, signature } },
    { stage: 'R4', message: { from, shares } },
  ];
  return bodies.reduce((sum, body) => sum + uploadBytes(body), 0);
}
