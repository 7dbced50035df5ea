"""The identity's Ed25519 seed out of a Fedward keystore (participant/keystore.ts says what is in it)."""

import base64
import hashlib
import json
import unicodedata
from pathlib import Path

from nacl.secret import SecretBox


def open_keystore(file: Path, passphrase_file: Path) -> bytes:
    stored = json.loads(file.read_text())
    passphrase = passphrase_file.read_text().rstrip("\r\n")
    kdf = stored["kdf"]
    key = hashlib.scrypt(
        unicodedata.normalize("NFKC", passphrase).encode(),
        salt=base64.b64decode(kdf["salt"]),
        **{"n": kdf["N"], "r": kdf["r"], "p": kdf["p"], "dklen": 32},
        maxmem=256 * kdf["N"] * kdf["r"],
    )
    return SecretBox(key).decrypt(base64.b64decode(stored["sealedSeed"]), base64.b64decode(stored["nonce"]))
