"""Replays test/vectors/secagg/*.json through the Python member: `python3 check_vectors.py`."""

import json
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
try:
    import grpc  # noqa: F401  Not needed here, but by what follows.

    from fedward_member import encoding as e
    from fedward_member import plan as plans
    from fedward_member import primitives as p
    from fedward_member import schema
    from fedward_member.member import Member
    from fedward_member.refusal import Refused
except ImportError as error:
    from fedward_member.__main__ import MODULES

    print(f"A Python module is missing ({error}): apt-get install {MODULES}", file=sys.stderr)
    sys.exit(2)

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "secagg"
SCHEMA = schema.load()
UNHEX = bytes.fromhex


def read(name):
    return json.loads((VECTORS / f"{name}.json").read_text())


def to_hospital(hexadecimal):
    return SCHEMA.ToHospital.FromString(UNHEX(hexadecimal))


def from_hospital(hexadecimal):
    return SCHEMA.FromHospital.FromString(UNHEX(hexadecimal))


def draws(*fields):
    left = [UNHEX(field) for field in fields]

    def draw(size):
        drawn = left.pop(0)
        assert len(drawn) == size, f"draws {size} bytes, the vector has {len(drawn)}"
        return drawn

    return draw


SESSION = read("session")
PLAN = to_hospital(SESSION["plan"]).plan
MEMBERS = {member["id"]: member for member in SESSION["members"]}
PINS = {member["id"]: UNHEX(member["identityKey"]) for member in SESSION["members"]}


def said_by(member):
    return [message for message in SESSION["messages"] if message.get("from") == member]


def instructions_to(member):
    return [message for message in SESSION["messages"] if member in message.get("to", [])]


class Replay:
    """One member with the secrets of its vector, and what it says as protobuf objects."""

    def __init__(self, vector):
        self.vector = vector
        self.member = Member(SCHEMA, PLAN, vector["id"], PINS)

    def advertise(self):
        v = self.vector
        draw = draws(v["maskSecret"], v["sealSecret"], v["seed"])
        return self._stage(advertisement=self.member.advertise(UNHEX(v["identitySeed"]), draw))

    def answer(self, hexadecimal):
        instruction, v = to_hospital(hexadecimal).instruction, self.vector
        kind = instruction.WhichOneof("body")
        if kind == "u1":
            draw = draws(v["seedCoefficients"], v["keyCoefficients"])
            return self._stage(shares=self.member.share_keys(instruction.u1.entries, draw))
        if kind == "inbox":
            masked = self.member.mask(instruction.inbox, p.words(UNHEX(v["vector"])))
            chunk = SCHEMA.VectorChunk(total=len(masked), words=p.words_to_bytes(masked))
            return self._stage(masked=chunk)
        if kind == "u3":
            return self._stage(attestation=self.member.attest(instruction.u3.ids))
        return self._stage(unmasking=self.member.unmask(instruction.attestations.entries))

    def up_to(self, opens):
        """Waits for what opens the stage `opens`."""
        self.advertise()
        for message in instructions_to(self.vector["id"]):
            if message["opens"] == opens:
                break
            self.answer(message["bytes"])
        return self

    def _stage(self, **body):
        return SCHEMA.FromHospital(stage=SCHEMA.StageMessage(attempt=PLAN.attempt, **body))


class Vectors(unittest.TestCase):
    maxDiff = None

    def test_plans(self):
        for case in read("plans")["cases"]:
            with self.subTest(case["name"]):
                plan = to_hospital(case["bytes"]).plan
                plans.check(plan)
                self.assertEqual(plans.canonical(plan).hex(), case["canonical"])
                self.assertEqual(plans.roster_hash(plan).hex(), case["rosterHash"])
                self.assertEqual(plans.session_id(plan).hex(), case["sid"])

    def test_values_in_between(self):
        sid, u1_hash = UNHEX(SESSION["sid"]), UNHEX(SESSION["u1Hash"])
        n, t, dimension = len(MEMBERS), SESSION["threshold"], PLAN.model.dimension
        self.assertEqual(plans.session_id(PLAN), sid)
        for which in ("u2", "u3"):
            self.assertEqual(e.hash_ids(which.upper(), sid, SESSION[which]).hex(), SESSION[f"{which}Hash"])
        statement = e.consistency_statement(sid, u1_hash, SESSION["u2"], SESSION["u3"])
        self.assertEqual(statement.hex(), SESSION["consistencyStatement"])
        for own, v in MEMBERS.items():
            with self.subTest(own):
                for of, field in (("seed", "seed"), ("key", "maskSecret")):
                    shares = p.split(UNHEX(v[field]), n, t, draws(v[f"{of}Coefficients"]))
                    self.assertEqual([share.hex() for share in shares], v[f"{of}Shares"])
                self_mask = p.hkdf(UNHEX(v["seed"]), sid, e.lp("self", own))
                self.assertEqual(self_mask.hex(), v["selfMaskKey"])
                self.assertEqual(p.keystream(self_mask, dimension).hex(), v["selfMask"])
                for pair in v["pairs"]:
                    self.check_pair(own, v, pair, sid, u1_hash, dimension)

    def check_pair(self, own, v, pair, sid, u1_hash, dimension):
        peer = MEMBERS[pair["peer"]]
        secret = p.x25519(UNHEX(v["maskSecret"]), UNHEX(peer["maskKey"]))
        self.assertEqual(secret.hex(), pair["maskSecret"])
        key = p.hkdf(secret, sid, e.lp("mask", *sorted((own, peer["id"]))))
        self.assertEqual(key.hex(), pair["maskKey"])
        self.assertEqual(p.keystream(key, dimension).hex(), pair["mask"])
        sealing = p.sealing_key(UNHEX(v["sealSecret"]), UNHEX(peer["sealKey"]))
        self.assertEqual(sealing.hex(), pair["sealingKey"])
        self.assertEqual(e.envelope_nonce(sid, own, peer["id"], u1_hash).hex(), pair["nonce"])
        x = peer["position"] - 1
        self.assertEqual(v["seedShares"][x] + v["keyShares"][x], pair["plaintext"])

    def test_session(self):
        for own, vector in MEMBERS.items():
            with self.subTest(own):
                replay, expected = Replay(vector), [from_hospital(m["bytes"]) for m in said_by(own)]
                self.assertEqual(replay.advertise(), expected[0])
                for message, answer in zip(instructions_to(own), expected[1:]):
                    self.assertEqual(replay.answer(message["bytes"]), answer)

    def test_sum(self):
        total = p.words(bytes(4 * PLAN.model.dimension))
        for member in SESSION["u3"]:
            total = p.add(total, p.words(UNHEX(MEMBERS[member]["vector"])), 1)
        self.assertEqual(p.words_to_bytes(total).hex(), SESSION["sum"])

    def test_refused_plans(self):
        for case in read("tampered")["plans"]:
            with self.subTest(case["name"]), self.assertRaises(Refused) as caught:
                Member(SCHEMA, to_hospital(case["bytes"]).plan, case["member"], PINS)
            self.assertEqual(caught.exception.code, case["code"])

    def test_refused_instructions(self):
        for case in read("tampered")["instructions"]:
            with self.subTest(f'{case["opens"]}: {case["name"]}'):
                replay = Replay(MEMBERS[case["member"]]).up_to(case["opens"])
                with self.assertRaises(Refused) as caught:
                    replay.answer(case["bytes"])
                self.assertEqual(caught.exception.code, case["code"])
                # No second try: the honest message comes too late.
                honest = next(m for m in instructions_to(case["member"]) if m["opens"] == case["opens"])
                self.assertRaises(Refused, replay.answer, honest["bytes"])

    def test_tolerated_inboxes(self):
        for case in read("tampered")["inboxes"]:
            with self.subTest(case["name"]):
                own = case["member"]
                replay, expected = Replay(MEMBERS[own]).up_to("R2"), said_by(own)
                self.assertEqual(replay.answer(case["bytes"]), from_hospital(expected[2]["bytes"]))
                answers = [replay.answer(message["bytes"]) for message in instructions_to(own)[2:]]
                whole = from_hospital(expected[4]["bytes"]).stage.unmasking.shares
                self.assertEqual(
                    list(answers[-1].stage.unmasking.shares),
                    [share for share in whole if share.peer not in case["missing"]],
                )


if __name__ == "__main__":
    unittest.main(verbosity=1)
