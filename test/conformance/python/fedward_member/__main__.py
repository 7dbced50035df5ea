"""`python3 -m fedward_member member.json`: takes part in one job with a fixed vector.

Exit codes: 0 the job is over, 1 it ended badly, 2 wrong usage or a module is missing.
"""

import base64
import json
import sys
from pathlib import Path

MODULES = "python3-cryptography python3-grpcio python3-protobuf python3-nacl"


def main(config_file: Path) -> int:
    try:
        import grpc

        from . import schema, session
        from .journal import Journal
        from .keystore import open_keystore
        from .primitives import words
        from .refusal import Refused
    except ImportError as error:
        print(f"A Python module is missing ({error}): apt-get install {MODULES}", file=sys.stderr)
        return 2
    config = json.loads(config_file.read_text())
    folder = config_file.parent

    def read(name: str) -> bytes:
        return (folder / name).read_bytes()

    tls = {name: read(file) for name, file in config["tls"].items()}
    options = session.Options(
        address=config["coordinator"],
        credentials=grpc.ssl_channel_credentials(tls["ca"], tls["privateKey"], tls["certificate"]),
        own_id=config["hospital"],
        identity_seed=open_keystore(folder / config["keystore"], folder / config["passphraseFile"]),
        pins={hospital: base64.b64decode(key) for hospital, key in config["members"].items()},
        policy=session.Policy(modes=tuple(config["modes"])),
        journal=Journal(folder / config["journal"]),
        vector=words(read(config["vector"])),
        deadline=config["deadlineSeconds"],
        leave_before=config.get("leaveBefore"),
    )
    try:
        session.take_part(schema.load(), options)
    except session.Left as left:
        print(f"left before {left}")
        return 0
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except grpc.RpcError as error:
        print(f"{error.code().name}: {error.details()}", file=sys.stderr)
        return 1
    print("the job is over")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(Path(sys.argv[1])))
