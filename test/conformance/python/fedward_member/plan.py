"""The round plan: what it must fulfil, its canonical bytes, the session id (docs/secagg.md §3, §4)."""

import math
import re
import struct
from typing import Dict, Iterator, List, Tuple, Union

from .encoding import PROTOCOL, lp, purpose, sha256
from .refusal import Malformed

ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
MAX_COUNT = 10**6

Value = Union[str, int, float, bytes, None]


def is_id(text: str) -> bool:
    return ID.fullmatch(text) is not None


def fields(plan) -> Iterator[Tuple[str, Value]]:
    """Path and value of every field of a RoundPlan, as in the table of §3."""
    yield "protocol", plan.protocol
    yield "job", plan.attempt.job
    yield "round", plan.attempt.round
    yield "attempt", plan.attempt.attempt
    yield "strategy", plan.strategy
    yield "model.threat", plan.model.threat
    yield "model.encoder", plan.model.encoder
    yield "model.dimension", plan.model.dimension
    yield "model.hash", plan.model.hash
    yield "privacy.mode", plan.privacy.mode
    yield "privacy.unit", plan.privacy.unit
    yield "privacy.clip", plan.privacy.clip
    yield "privacy.noiseMultiplier", plan.privacy.noise_multiplier
    yield "privacy.sampleRate", plan.privacy.sample_rate
    yield "privacy.delta", plan.privacy.delta
    yield "privacy.epsilon", plan.privacy.epsilon if plan.privacy.HasField("epsilon") else None
    yield "training.rounds", plan.training.rounds
    yield "training.spareAttempts", plan.training.spare_attempts
    yield "training.expectedBatch", plan.training.expected_batch
    yield "training.localSteps", plan.training.local_steps
    yield "training.localLearningRate", plan.training.local_learning_rate
    for index, entry in enumerate(plan.cohort.roster):
        yield f"cohort.roster.{index:06}.id", entry.id
        yield f"cohort.roster.{index:06}.identityKey", entry.identity_key
    yield "cohort.maxDropouts", plan.cohort.max_dropouts
    yield "cohort.maxColluders", plan.cohort.max_colluders
    if plan.cohort.HasField("graph"):
        yield "cohort.graph.degree", plan.cohort.graph.degree
        yield "cohort.graph.threshold", plan.cohort.graph.threshold
    else:
        yield "cohort.graph", None
    yield "deadlines.trainMs", plan.deadlines.train_ms
    yield "deadlines.stageMs", plan.deadlines.stage_ms


def tagged(value: Value) -> bytes:
    if value is None:
        return b"0"
    if isinstance(value, str):
        return b"s" + value.encode()
    if isinstance(value, bytes):
        return b"b" + value
    return b"n" + struct.pack(">d", value)


def canonical(plan) -> bytes:
    pairs = sorted((path.encode(), tagged(value)) for path, value in fields(plan))
    return b"".join(lp(path, value) for path, value in pairs)


def roster_hash(plan) -> bytes:
    return sha256(lp(purpose("roster"), *(x for e in plan.cohort.roster for x in (e.id, e.identity_key))))


def session_id(plan) -> bytes:
    return sha256(lp(purpose("session"), canonical(plan), roster_hash(plan)))


def constants(plan) -> bytes:
    """What the first plan of a job fixes: all but its position and its model."""
    neutral = type(plan)()
    neutral.CopyFrom(plan)
    neutral.attempt.round = neutral.attempt.attempt = 1
    neutral.model.hash = bytes(32)
    return canonical(neutral)


class Cohort:
    """n, t, c and h of §1, with the roster's keys in its order."""

    def __init__(self, plan):
        self.keys: Dict[str, bytes] = {entry.id: entry.identity_key for entry in plan.cohort.roster}
        self.ids: List[str] = [entry.id for entry in plan.cohort.roster]
        self.n = len(self.ids)
        self.threshold = self.n - plan.cohort.max_dropouts
        self.colluders = plan.cohort.max_colluders
        self.honest = self.threshold - self.colluders


def check(plan) -> None:
    """Raises Malformed that names the first field that the table of §3 forbids."""
    values = dict(fields(plan))
    mode = plan.privacy.mode

    def need(path: str, holds: bool) -> None:
        if not holds:
            raise Malformed(f"The plan's {path} is {values.get(path)!r}, which docs/secagg.md §3 forbids.")

    need("protocol", plan.protocol == PROTOCOL)
    need("job", is_id(plan.attempt.job))
    need("privacy.unit", plan.privacy.unit == "record")
    need("privacy.mode", mode in ("distributed", "local", "none"))
    for path in ("strategy", "model.threat", "model.encoder"):
        need(path, 1 <= len(values[path].encode("utf-16-le")) // 2 <= 200)
    for path in ("round", "attempt", "training.rounds", "training.localSteps"):
        need(path, 1 <= values[path] <= MAX_COUNT)
    for path in ("deadlines.trainMs", "deadlines.stageMs"):
        need(path, 1 <= values[path] <= MAX_COUNT)
    for path in ("training.spareAttempts", "cohort.maxDropouts", "cohort.maxColluders"):
        need(path, values[path] <= MAX_COUNT)
    need("model.dimension", 1 <= plan.model.dimension <= 50_000_000)
    need("model.hash", len(plan.model.hash) == 32)
    need("privacy.clip", 0 < plan.privacy.clip <= 1e6)
    need("privacy.noiseMultiplier", 0 <= plan.privacy.noise_multiplier <= 1e6)
    need("privacy.noiseMultiplier", (mode == "none") == (plan.privacy.noise_multiplier == 0))
    need("privacy.sampleRate", 0 < plan.privacy.sample_rate <= 1)
    need("privacy.delta", 0 < plan.privacy.delta < 1)
    epsilon = values["privacy.epsilon"]
    need("privacy.epsilon", (mode == "none") == (epsilon is None))
    need("privacy.epsilon", epsilon is None or 0 < epsilon < math.inf)
    need("training.localSteps", mode == "local" or plan.training.local_steps == 1)
    for path in ("training.expectedBatch", "training.localLearningRate"):
        need(path, 0 < values[path] < math.inf)
    _check_cohort(plan, need)


def _check_cohort(plan, need) -> None:
    cohort = Cohort(plan)
    roster = plan.cohort.roster
    for index, entry in enumerate(roster):
        need(f"cohort.roster.{index:06}.id", is_id(entry.id))
        need(f"cohort.roster.{index:06}.id", index == 0 or roster[index - 1].id < entry.id)
        need(f"cohort.roster.{index:06}.identityKey", len(entry.identity_key) == 32)
    need("cohort.roster", 3 <= len(roster) <= 1000)
    need("cohort.roster", len(set(cohort.keys.values())) == len(roster))
    need("cohort.maxDropouts", 2 * cohort.threshold > cohort.n + cohort.colluders)
    need("cohort.maxColluders", cohort.honest >= 2)
    need("cohort.graph", plan.cohort.HasField("graph") == (cohort.n > 100))
    if plan.cohort.HasField("graph"):
        graph = plan.cohort.graph
        need("cohort.graph.degree", 2 <= graph.degree <= 254 and graph.degree % 2 == 0)
        need("cohort.graph.degree", graph.degree < cohort.n)
        need("cohort.graph.threshold", 2 <= graph.threshold <= graph.degree)
    local = plan.privacy.mode == "local"
    sigma = 0 if local else math.ceil(plan.privacy.noise_multiplier * 2**16 / math.sqrt(cohort.honest))
    room = (2**31 - 1) // cohort.n - 64 * sigma
    need("privacy.noiseMultiplier", room >= 2 ** (20 if local else 16))
