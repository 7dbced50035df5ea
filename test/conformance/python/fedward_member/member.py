"""The member's five steps, each with its checks in the order of docs/secagg.md §5.

Messages come in and go out as protobuf objects. Every step happens once: a refusal ends the session, whatever
comes after it.
"""

import os
from array import array
from typing import Dict, Mapping, Optional, Sequence, Tuple

from . import primitives as p
from .encoding import (
    advertisement_statement,
    consistency_statement,
    envelope_nonce,
    hash_u1,
    lp,
    seed_commitment,
)
from .plan import Cohort, check, is_id, session_id
from .refusal import Malformed, Refused, violation

MAX_LIST = 1000
SEED, KEY = 1, 2  # ShareKind


class Member:
    def __init__(self, schema, plan, own_id: str, pins: Mapping[str, bytes], minimum_roster: int = 5):
        """Opens the session of one plan; raises Refused when that may not be (§3, §4)."""
        check(plan)
        cohort = Cohort(plan)
        if cohort.n < minimum_roster:
            raise violation(f"The roster has {cohort.n} hospitals; at least {minimum_roster} are asked for.")
        for hospital, key in cohort.keys.items():
            if pins.get(hospital) != key:
                raise violation(f'The identity key of "{hospital}" is not the one that is pinned here.')
        if own_id not in cohort.keys:
            raise violation(f'"{own_id}" is not on the roster.')
        if plan.cohort.HasField("graph"):
            raise Refused("POLICY_REFUSED", "This member takes the complete graph only.")
        self.schema, self.own_id, self.cohort = schema, own_id, cohort
        self.dimension = plan.model.dimension
        self.sid = session_id(plan)
        self.at = "opened"

    def advertise(self, identity_seed: bytes, draw: p.Draw = os.urandom):
        """R0. `identity_seed` is the Ed25519 seed, which R3 signs with again."""
        with self._step("opened", "advertised"):
            if p.ed25519_public(identity_seed) != self.cohort.keys[self.own_id]:
                raise ValueError("The identity is not the one that the roster has for this hospital.")
            self._identity_seed = identity_seed
            self._mask_secret, self._seal_secret, self._seed = draw(32), draw(32), draw(32)
            mask_key = p.x25519_public(self._mask_secret)
            seal_key = p.x25519_public(self._seal_secret)
            commitment = seed_commitment(self.sid, self.own_id, self._seed)
            statement = advertisement_statement(self.sid, self.own_id, mask_key, seal_key, commitment)
            signature = p.ed25519_sign(identity_seed, statement)
            self._own_entry = lp(self.own_id, mask_key, seal_key, commitment, signature)
            return self.schema.Advertisement(
                mask_key=mask_key, seal_key=seal_key, seed_commitment=commitment, signature=signature
            )

    def share_keys(self, u1: Sequence, draw: p.Draw = os.urandom):
        """R1, from the entries of `u1`."""
        with self._step("advertised", "shared"):
            self._check_u1(u1)
            self.u1_hash = hash_u1(self.sid, map(entry_bytes, u1))
            self._u1 = [sender_of(entry) for entry in u1]
            n, t = self.cohort.n, self.cohort.threshold
            seeds = p.split(self._seed, n, t, draw)
            keys = p.split(self._mask_secret, n, t, draw)
            pair_at = {hospital: (seeds[i], keys[i]) for i, hospital in enumerate(self.cohort.ids)}
            self._held: Dict[str, Tuple[bytes, bytes]] = {self.own_id: pair_at[self.own_id]}
            self._masks: Dict[str, bytes] = {}
            self._sealing: Dict[str, bytes] = {}
            message = self.schema.SealedShares()
            for entry in u1:
                peer = sender_of(entry)
                if peer == self.own_id:
                    continue
                self._agree(peer, entry)
                nonce = envelope_nonce(self.sid, self.own_id, peer, self.u1_hash)
                ciphertext = p.seal(b"".join(pair_at[peer]), nonce, self._sealing[peer])
                message.envelopes.append(
                    self.schema.Envelope(**{"from": self.own_id, "to": peer, "ciphertext": ciphertext})
                )
            self._self_mask = p.hkdf(self._seed, self.sid, lp("self", self.own_id))
            del self._seed, self._mask_secret, self._seal_secret
            return message

    def mask(self, inbox, vector: array) -> array:
        """R2: the vector under its masks, from an Inbox."""
        if len(vector) != self.dimension:
            raise ValueError(f"The vector has {len(vector)} elements and the model {self.dimension}.")
        with self._step("shared", "masked"):
            u2 = list(inbox.u2)
            self._check_set("U2", u2, self._u1, "U1")
            self._take_envelopes(inbox.envelopes, u2)
            masked = p.add(vector, p.words(p.keystream(self._self_mask, self.dimension)), 1)
            for peer in u2:
                if peer != self.own_id:
                    stream = p.words(p.keystream(self._masks[peer], self.dimension))
                    masked = p.add(masked, stream, 1 if self.own_id < peer else -1)
            self._u2 = u2
            del self._masks, self._sealing, self._self_mask
            return masked

    def attest(self, u3: Sequence[str]):
        """R3: signs the three sets. From here on there is one kind of share about each peer."""
        with self._step("masked", "attested"):
            u3 = list(u3)
            self._check_set("U3", u3, self._u2, "U2")
            self._u3 = u3
            self._answers = [
                (peer, SEED, self._held[peer][0]) if peer in u3 else (peer, KEY, self._held[peer][1])
                for peer in self._u2
                if peer in self._held
            ]
            del self._held
            self._statement = consistency_statement(self.sid, self.u1_hash, self._u2, u3)
            self._own_signature = p.ed25519_sign(self._identity_seed, self._statement)
            return self.schema.Attestation(signature=self._own_signature)

    def unmask(self, attestations: Sequence):
        """R4: one share about each peer, once t members have signed the same sets."""
        with self._step("attested", "done"):
            self._check_attestations(attestations)
            message = self.schema.Unmasking()
            for peer, kind, share in self._answers:
                message.shares.add(peer=peer, kind=kind, share=share)
            del self._answers, self._identity_seed
            return message

    def _step(self, before: str, after: str) -> "_Step":
        return _Step(self, before, after)

    def _check_u1(self, u1: Sequence) -> None:
        for entry in u1:
            check_lengths(entry, mask_key=32, seal_key=32, seed_commitment=32, signature=64)
        self._check_set("U1", [sender_of(entry) for entry in u1], self.cohort.ids, "the roster")
        keys = set()
        for entry in u1:
            sender = sender_of(entry)
            statement = advertisement_statement(
                self.sid, sender, entry.mask_key, entry.seal_key, entry.seed_commitment
            )
            if sender == self.own_id:
                if entry_bytes(entry) != self._own_entry:
                    raise violation(f'U1 holds another advertisement of "{sender}" than it sent.')
            elif not p.ed25519_verifies(self.cohort.keys[sender], statement, entry.signature):
                raise violation(f'The advertisement of "{sender}" is not signed by it for this session.')
            keys |= {entry.mask_key, entry.seal_key}
        if len(keys) != 2 * len(u1):
            raise violation("Two X25519 keys in U1 are the same.")

    def _agree(self, peer: str, entry) -> None:
        for key in (entry.mask_key, entry.seal_key):
            if not p.is_safe_key(key):
                raise violation(f'A key of "{peer}" is not canonical, or of low order.')
        try:
            secret = p.x25519(self._mask_secret, entry.mask_key)
            self._sealing[peer] = p.sealing_key(self._seal_secret, entry.seal_key)
        except (ValueError, p.CryptoError) as error:
            raise violation(f'An agreement with "{peer}" comes to nothing.') from error
        self._masks[peer] = p.hkdf(secret, self.sid, lp("mask", *sorted((self.own_id, peer))))

    def _take_envelopes(self, envelopes: Sequence, u2: Sequence[str]) -> None:
        seen = set()
        for envelope in envelopes:
            sender = sender_of(envelope)
            check_lengths(envelope, ciphertext=80)
            if envelope.to != self.own_id:
                raise violation(f'An envelope for "{envelope.to}" came here.')
            if sender == self.own_id or sender not in u2:
                raise violation(f'An envelope came from "{sender}", which is not another member of U2.')
            if sender in seen:
                raise violation(f'Two envelopes came from "{sender}".')
            seen.add(sender)
            nonce = envelope_nonce(self.sid, sender, self.own_id, self.u1_hash)
            plaintext = p.unseal(envelope.ciphertext, nonce, self._sealing[sender])
            if plaintext is not None:
                self._held[sender] = (plaintext[:32], plaintext[32:])

    def _check_set(self, name: str, ids: Sequence[str], outer: Sequence[str], outer_name: str) -> None:
        check_ascending(name, ids)
        for hospital in ids:
            if hospital not in outer:
                raise violation(f'{name} names "{hospital}", which is not in {outer_name}.')
        if self.own_id not in ids:
            raise violation(f'{name} lacks "{self.own_id}".')
        if len(ids) < self.cohort.threshold:
            raise violation(f"{name} has {len(ids)} members and the threshold is {self.cohort.threshold}.")

    def _check_attestations(self, attestations: Sequence) -> None:
        check_ascending("the attestations", [sender_of(attestation) for attestation in attestations])
        signers = {self.own_id}
        for attestation in attestations:
            sender = sender_of(attestation)
            check_lengths(attestation, signature=64)
            if sender not in self._u3:
                raise violation(f'"{sender}" attested without being in U3.')
            if sender == self.own_id:
                valid = attestation.signature == self._own_signature
            else:
                valid = p.ed25519_verifies(self.cohort.keys[sender], self._statement, attestation.signature)
            if not valid:
                raise violation(f'The attestation of "{sender}" does not hold for the sets that came here.')
            signers.add(sender)
        if len(signers) < self.cohort.threshold:
            raise violation(f"{len(signers)} members attested and the threshold is {self.cohort.threshold}.")


class _Step:
    """One step: from `before` to `after`, or to the end of the session."""

    def __init__(self, member: Member, before: str, after: str):
        self.member, self.before, self.after = member, before, after

    def __enter__(self) -> None:
        if self.member.at != self.before:
            raise violation(f"The session is {self.member.at}, not {self.before}: stages open once, in order.")
        self.member.at = "ended"

    def __exit__(self, kind: Optional[type], *_) -> None:
        if kind is None:
            self.member.at = self.after


def sender_of(message) -> str:
    """`from` is a word of Python's own."""
    sender = getattr(message, "from")
    if not is_id(sender):
        raise Malformed(f"{sender!r} is no hospital's id.")
    return sender


def entry_bytes(entry) -> bytes:
    return lp(sender_of(entry), entry.mask_key, entry.seal_key, entry.seed_commitment, entry.signature)


def check_ascending(name: str, ids: Sequence[str]) -> None:
    if len(ids) > MAX_LIST:
        raise Malformed(f"{name} has {len(ids)} entries.")
    for index, hospital in enumerate(ids):
        if not is_id(hospital):
            raise Malformed(f"{hospital!r} in {name} is no hospital's id.")
        if index > 0 and ids[index - 1] >= hospital:
            raise violation(f'In {name}, "{hospital}" is twice or out of order.')


def check_lengths(message, **lengths: int) -> None:
    for field, length in lengths.items():
        if len(getattr(message, field)) != length:
            raise Malformed(f"{field} must be {length} bytes and is {len(getattr(message, field))}.")
