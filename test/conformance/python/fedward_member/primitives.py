"""The primitives of docs/secagg.md §6, from python3-cryptography and python3-nacl."""

import sys
from array import array
from typing import Callable, List

import nacl.bindings
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.exceptions import InvalidSignature
from nacl.exceptions import CryptoError

PRIME = 2**255 - 19
LOW_ORDER = {
    0,
    1,
    PRIME - 1,
    int.from_bytes(
        bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"), "little"
    ),
    int.from_bytes(
        bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"), "little"
    ),
}

Draw = Callable[[int], bytes]


def is_safe_key(raw: bytes) -> bool:
    """Canonical, and not of low order."""
    u = int.from_bytes(raw, "little")
    return u < PRIME and u not in LOW_ORDER


def x25519_public(secret: bytes) -> bytes:
    return _raw(X25519PrivateKey.from_private_bytes(secret).public_key())


def x25519(secret: bytes, public: bytes) -> bytes:
    """Raises ValueError when the result is all zeros."""
    return X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(public))


def ed25519_public(seed: bytes) -> bytes:
    return _raw(Ed25519PrivateKey.from_private_bytes(seed).public_key())


def ed25519_sign(seed: bytes, data: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).sign(data)


def ed25519_verifies(public: bytes, data: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _raw(key) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, info).derive(secret)


def keystream(key: bytes, dimension: int) -> bytes:
    return Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor().update(bytes(4 * dimension))


def words(data: bytes) -> array:
    """Little-endian bytes as elements of the integers mod 2^32."""
    elements = array("I", data)
    if sys.byteorder == "big":
        elements.byteswap()
    return elements


def words_to_bytes(elements: array) -> bytes:
    if sys.byteorder == "big":
        elements = elements[:]
        elements.byteswap()
    return elements.tobytes()


def add(a: array, b: array, sign: int) -> array:
    return array("I", [(x + sign * y) & 0xFFFFFFFF for x, y in zip(a, b)])


def sealing_key(own_secret: bytes, peer_public: bytes) -> bytes:
    """Raises CryptoError or ValueError when the agreement comes to nothing."""
    return nacl.bindings.crypto_box_beforenm(peer_public, own_secret)


def seal(plaintext: bytes, nonce: bytes, key: bytes) -> bytes:
    return nacl.bindings.crypto_box_afternm(plaintext, nonce, key)


def unseal(ciphertext: bytes, nonce: bytes, key: bytes):
    """None when it was not sealed by this sender, for this receiver, in this session."""
    try:
        return nacl.bindings.crypto_box_open_afternm(ciphertext, nonce, key)
    except CryptoError:
        return None


def multiply(a: int, b: int) -> int:
    """In GF(2^8) modulo x^8 + x^4 + x^3 + x + 1."""
    product = 0
    for bit in range(8):
        product ^= a * (b >> bit & 1)
        a = a << 1 ^ 0x11B * (a >> 7)
    return product


def split(secret: bytes, shares: int, threshold: int, draw: Draw) -> List[bytes]:
    """The shares at x = 1, 2, …, by Horner's rule from the highest coefficient down to the secret."""
    size = len(secret)
    drawn = draw(size * (threshold - 1))
    rows = [secret] + [drawn[i : i + size] for i in range(0, len(drawn), size)]
    result = []
    for x in range(1, shares + 1):
        value = bytes(size)
        for row in reversed(rows):
            value = bytes(multiply(byte, x) ^ coefficient for byte, coefficient in zip(value, row))
        result.append(value)
    return result
