/**
 * The messages of `fedward-secagg/1`, one interface per arrow between a member and the gatherer
 * (Bonawitz et al. 2017, figure 4; stage names as there, "round 0" to "round 4").
 *
 * These are plain data. Sizes and ranges are validated by `proto/codec.ts` when they come off the wire;
 * everything that needs a key or a transcript is checked by the member and the gatherer.
 */
import type { HospitalId } from '../proto/vocabulary.ts';

/** R0, member → gatherer → all members: fresh keys for this session, signed by the identity key. */
export interface Advertisement {
  readonly from: HospitalId;
  /** X25519 public key from which pairwise masks are agreed, 32 bytes. */
  readonly maskKey: Uint8Array;
  /** X25519 public key under which shares are sealed to this member, 32 bytes. */
  readonly sealKey: Uint8Array;
  /** SHA-256 commitment to the self-mask seed, 32 bytes: lets the gatherer check a reconstructed seed. */
  readonly seedCommitment: Uint8Array;
  /** Ed25519 over the session id and all fields above, 64 bytes. */
  readonly signature: Uint8Array;
}

/** One sealed pair of shares on its way between two members. */
export interface Envelope {
  readonly from: HospitalId;
  readonly to: HospitalId;
  /** `nacl.box` of seed share ‖ mask-key share (64 bytes), 80 bytes. */
  readonly ciphertext: Uint8Array;
}

/** R1, member → gatherer: one envelope for every other member of U1. */
export interface SealedShares {
  readonly from: HospitalId;
  readonly envelopes: readonly Envelope[];
}

/** R1 closed, gatherer → one member: who is in U2, and the envelopes addressed to this member. */
export interface Inbox {
  readonly u2: readonly HospitalId[];
  readonly envelopes: readonly Envelope[];
}

/** R2, member → gatherer: the masked vector, integers mod 2^32. */
export interface MaskedVector {
  readonly from: HospitalId;
  readonly vector: Int32Array;
}

/** R3, member → gatherer → all members of U3: "I saw exactly these sets", signed. */
export interface Attestation {
  readonly from: HospitalId;
  /** Ed25519 over the session id, H(U1), H(U2) and H(U3), 64 bytes. */
  readonly signature: Uint8Array;
}

/** One 32-byte Shamir share about `peer`: of its self-mask seed if it survived, else of its mask key. */
export interface PeerShare {
  readonly peer: HospitalId;
  readonly kind: 'seed' | 'key';
  readonly share: Uint8Array;
}

/** R4, member → gatherer: for each peer in U2 exactly one kind of share, where the member holds one. */
export interface Unmasking {
  readonly from: HospitalId;
  readonly shares: readonly PeerShare[];
}
