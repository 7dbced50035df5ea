"""Why a member does not go on (docs/secagg.md §7)."""


class Refused(Exception):
    """The attempt is over for this hospital; the coordinator is told the code and the reason."""

    def __init__(self, code: str, reason: str):
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class Malformed(Refused):
    """What came is no message of the protocol: the stream ends with it."""

    def __init__(self, reason: str):
        super().__init__("PROTOCOL_VIOLATION", reason)


def violation(reason: str) -> Refused:
    return Refused("PROTOCOL_VIOLATION", reason)
