"""The contract's enums; the chain's number of a member is its place in the class."""

from enum import StrEnum


class FitnessKind(StrEnum):
    """What verifiers measure: accuracy (paper, Section III-A) or gain over the base's (Section IV)."""

    ACCURACY = "accuracy"
    GAIN = "gain"


class Base(StrEnum):
    """Which earlier models a model is fused with: all that are not Void, or the rewarded ones."""

    ANNOUNCED = "announced"
    ACCEPTED = "accepted"


class TaskState(StrEnum):
    """Whether a task takes announcements."""

    OPEN = "Open"
    CLOSED = "Closed"


class ModelState(StrEnum):
    """Where a model stands; the last three are final and are its outcome."""

    ANNOUNCED = "Announced"
    EVALUATING = "Evaluating"
    REWARDED = "Rewarded"
    REJECTED = "Rejected"
    VOID = "Void"


class CreditReason(StrEnum):
    """What an account was credited for."""

    MODEL_REWARD = "ModelReward"
    VERIFIER_FEE = "VerifierFee"
    ORACLE_FEE = "OracleFee"
    REFUND = "Refund"


class SkipReason(StrEnum):
    """Why a row of the oracle's answer was not counted; ``NONE`` never appears in an event."""

    NONE = "None"
    WRONG_MODEL = "WrongModel"
    NO_SEAT = "NoSeat"
    ALREADY_COUNTED = "AlreadyCounted"
    WRONG_BASE = "WrongBase"
    FITNESS_OUT_OF_RANGE = "FitnessOutOfRange"
    REFERENCE_OUT_OF_RANGE = "ReferenceOutOfRange"
    BAD_SIGNATURE = "BadSignature"


ENUMS: tuple[type[StrEnum], ...] = (FitnessKind, Base, TaskState, ModelState, CreditReason, SkipReason)


def chain_number(member: StrEnum) -> int:
    """Return the number that stands for a member on the chain."""
    return list(type(member)).index(member)
