"""What survives a crash: the attempts joined or refused (docs/secagg.md §8, the least that is allowed)."""

import json
import os
from pathlib import Path

from .refusal import Refused


class Journal:
    """One line for each attempt, durable before its R0 leaves."""

    def __init__(self, file: Path):
        self._file = file

    def begin(self, attempt, sid: bytes) -> None:
        """Raises Refused unless the attempt is later than every one of its job before."""
        entry = {"job": attempt.job, "round": attempt.round, "attempt": attempt.attempt, "sid": sid.hex()}
        begun = self._file.read_text().splitlines() if self._file.exists() else []
        for line in map(json.loads, begun):
            later = (attempt.round, attempt.attempt) > (line["round"], line["attempt"])
            if line["sid"] == entry["sid"] or (line["job"] == attempt.job and not later):
                raise Refused("ALREADY_SPENT", "This attempt is not later than the last: it is joined once.")
        with self._file.open("a") as journal:
            journal.write(json.dumps(entry) + "\n")
            journal.flush()
            os.fsync(journal.fileno())
