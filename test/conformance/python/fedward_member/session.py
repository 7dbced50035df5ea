"""The stream with the coordinator: what is answered to what, and when it ends (docs/secagg.md §2, §7)."""

import hashlib
import queue
from array import array
from dataclasses import dataclass
from typing import Dict, Iterator, Mapping, Optional

import grpc

from .encoding import PROTOCOL
from .journal import Journal
from .member import MAX_LIST, Member
from .plan import Cohort, check, constants, session_id
from .primitives import words_to_bytes
from .refusal import Malformed, Refused, violation

SERVICE = "/fedward.v1.Federation"
CHUNK_BYTES = 262_144
MAX_MESSAGE_BYTES = 1024 * 1024
MAX_REASON = 2000


@dataclass(frozen=True)
class Policy:
    """This hospital's own limits; it takes mode `none` if told to, since it has no noise to add."""

    modes: tuple = ("distributed", "local")
    minimum_roster: int = 5
    minimum_colluders: int = 1

    def check(self, plan) -> None:
        cohort = Cohort(plan)
        for rule, holds in {
            "modes": plan.privacy.mode in self.modes,
            "minimum_roster": cohort.n >= self.minimum_roster,
            "minimum_colluders": cohort.colluders >= self.minimum_colluders,
            "graph": not plan.cohort.HasField("graph"),
        }.items():
            if not holds:
                raise Refused("POLICY_REFUSED", f"This hospital's site policy forbids the plan by {rule}.")


@dataclass(frozen=True)
class Options:
    address: str
    credentials: grpc.ChannelCredentials
    own_id: str
    identity_seed: bytes
    pins: Mapping[str, bytes]
    policy: Policy
    journal: Journal
    vector: array
    #: Seconds after which the stream ends, whatever it waits for.
    deadline: float
    #: Goes away without a word before its message of this stage, for tests: "R2".
    leave_before: Optional[str] = None


class Left(Exception):
    """`leave_before` has come."""


def take_part(schema, options: Options) -> None:
    """Until the job is over. Raises Refused when that ended badly, grpc.RpcError when the stream did."""
    channel_options = [("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)]
    with grpc.secure_channel(options.address, options.credentials, channel_options) as channel:
        Session(schema, options, channel).run()


class Session:
    def __init__(self, schema, options: Options, channel: grpc.Channel):
        self._schema, self._options, self._channel = schema, options, channel
        self._outbox: "queue.Queue" = queue.Queue()
        self._heartbeat = 5.0
        self._plan = None
        self._member: Optional[Member] = None
        self._constants: Dict[str, bytes] = {}

    def run(self) -> None:
        open_stream = self._channel.stream_stream(
            f"{SERVICE}/Session",
            request_serializer=self._schema.FromHospital.SerializeToString,
            response_deserializer=self._schema.ToHospital.FromString,
        )
        self._say(hello=self._schema.Hello(protocol=PROTOCOL, software="fedward-python-member/1"))
        stream = open_stream(self._requests(), timeout=self._options.deadline)
        try:
            for message in stream:
                if self._received(message):
                    return
            raise violation("The coordinator closed the stream before the job was over.")
        finally:
            self._outbox.put(None)
            stream.cancel()

    def _requests(self) -> Iterator:
        """What is said, and a heartbeat whenever nothing is."""
        while True:
            try:
                message = self._outbox.get(timeout=self._heartbeat)
            except queue.Empty:
                message = self._schema.FromHospital(heartbeat=self._schema.Heartbeat())
            if message is None:
                return
            yield message

    def _say(self, **body) -> None:
        self._outbox.put(self._schema.FromHospital(**body))

    def _received(self, message) -> bool:
        """True once the job is over."""
        kind = message.WhichOneof("body")
        if kind == "welcome":
            self._heartbeat = message.welcome.heartbeat_ms / 1000 / 2
            # One at once, so that whoever waits to send waits no longer than that from now on.
            self._say(heartbeat=self._schema.Heartbeat())
        elif kind == "plan":
            check(message.plan)
            self._attempt(message.plan.attempt, lambda: self._join(message.plan))
        elif kind == "instruction":
            if self._is_current(message.instruction.attempt):
                self._attempt(self._plan.attempt, lambda: self._answer(message.instruction))
        elif kind == "ack" and message.ack.code:
            print(f"refused in {message.ack.stage}: {message.ack.code}: {message.ack.reason}", flush=True)
        elif kind == "round_closed":
            if self._is_current(message.round_closed.attempt):
                self._plan = self._member = None
        elif kind == "job_closed":
            if message.job_closed.code:
                raise Refused(message.job_closed.code, message.job_closed.reason)
            return True
        elif kind is None:
            raise Malformed("A message has no body.")
        return False

    def _is_current(self, attempt) -> bool:
        return self._plan is not None and attempt == self._plan.attempt

    def _attempt(self, attempt, step) -> None:
        """Runs `step`; a refusal ends the session of this attempt and is told to the coordinator."""
        try:
            step()
        except Malformed:
            raise
        except Refused as refusal:
            self._plan = self._member = None
            print(f"refusing: {refusal}", flush=True)
            reason = refusal.reason[:MAX_REASON]
            self._say(refusal=self._schema.Refusal(attempt=attempt, code=refusal.code, reason=reason))

    def _join(self, plan) -> None:
        options = self._options
        self._plan = self._member = None
        options.journal.begin(plan.attempt, session_id(plan))
        options.policy.check(plan)
        fixed = constants(plan)
        if self._constants.get(plan.attempt.job, fixed) != fixed:
            raise Refused("POLICY_REFUSED", "The constants of this job have changed: start a new job.")
        member = Member(self._schema, plan, options.own_id, options.pins, options.policy.minimum_roster)
        self._constants[plan.attempt.job] = fixed
        if len(options.vector) != plan.model.dimension:
            raise Refused("DATA_INVALID", f"This hospital has {len(options.vector)} numbers for the model.")
        self._fetch_model(plan)
        self._plan, self._member = plan, member
        self._stage("R0", advertisement=member.advertise(options.identity_seed))

    def _answer(self, instruction) -> None:
        member, kind = self._member, instruction.WhichOneof("body")
        if kind == "u1":
            limit(instruction.u1.entries)
            self._stage("R1", shares=member.share_keys(instruction.u1.entries))
        elif kind == "inbox":
            limit(instruction.inbox.envelopes)
            self._send_vector(member.mask(instruction.inbox, self._options.vector))
        elif kind == "u3":
            self._stage("R3", attestation=member.attest(instruction.u3.ids))
        elif kind == "attestations":
            self._stage("R4", unmasking=member.unmask(instruction.attestations.entries))
        else:
            raise Malformed("An instruction has no body.")

    def _stage(self, stage: str, **body) -> None:
        if stage == self._options.leave_before:
            raise Left(stage)
        self._say(stage=self._schema.StageMessage(attempt=self._plan.attempt, **body))

    def _send_vector(self, masked: array) -> None:
        data = words_to_bytes(masked)
        for start in range(0, len(data), CHUNK_BYTES):
            words = data[start : start + CHUNK_BYTES]
            chunk = self._schema.VectorChunk(offset=start // 4, total=len(masked), words=words)
            self._stage("R2", masked=chunk)

    def _fetch_model(self, plan) -> None:
        """The weights are not used: a real hospital trains on them."""
        fetch = self._channel.unary_stream(
            f"{SERVICE}/FetchModel",
            request_serializer=self._schema.FetchModelRequest.SerializeToString,
            response_deserializer=self._schema.ModelChunk.FromString,
        )
        request = self._schema.FetchModelRequest(hash=plan.model.hash)
        weights = b"".join(chunk.data for chunk in fetch(request, timeout=plan.deadlines.train_ms / 1000))
        if len(weights) != 4 * plan.model.dimension or hashlib.sha256(weights).digest() != plan.model.hash:
            raise violation("The model that came is not the one that the plan names.")


def limit(entries) -> None:
    if len(entries) > MAX_LIST:
        raise Malformed(f"A list has {len(entries)} entries.")
