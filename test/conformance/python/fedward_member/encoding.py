"""Length-prefixed bytes, hashes and statements (docs/secagg.md §1, §4, §5)."""

import hashlib
import struct
from typing import Iterable, Sequence, Union

PROTOCOL = "fedward-secagg/1"

Field = Union[str, bytes]


def lp(*fields: Field) -> bytes:
    """Each field behind its length as u32 big-endian."""
    pieces = []
    for field in fields:
        raw = field.encode() if isinstance(field, str) else field
        pieces.append(struct.pack(">I", len(raw)) + raw)
    return b"".join(pieces)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def purpose(name: str) -> str:
    """`P name` of the page."""
    return f"{PROTOCOL} {name}"


def seed_commitment(sid: bytes, member: str, seed: bytes) -> bytes:
    return sha256(lp(purpose("seed"), sid, member, seed))


def advertisement_statement(
    sid: bytes, member: str, mask_key: bytes, seal_key: bytes, commitment: bytes
) -> bytes:
    return lp(purpose("advertisement"), sid, member, mask_key, seal_key, commitment)


def hash_u1(sid: bytes, entries: Iterable[bytes]) -> bytes:
    """H(U1), over whole signed entries."""
    return sha256(lp(purpose("U1"), sid, *entries))


def hash_ids(which: str, sid: bytes, ids: Sequence[str]) -> bytes:
    return sha256(lp(purpose(which), sid, *ids))


def consistency_statement(sid: bytes, u1_hash: bytes, u2: Sequence[str], u3: Sequence[str]) -> bytes:
    return lp(purpose("consistency"), sid, u1_hash, hash_ids("U2", sid, u2), hash_ids("U3", sid, u3))


def envelope_nonce(sid: bytes, sender: str, receiver: str, u1_hash: bytes) -> bytes:
    return hashlib.sha512(lp("share", sid, sender, receiver, u1_hash)).digest()[:24]
