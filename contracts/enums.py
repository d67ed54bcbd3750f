"""The contract's enums; the chain's number of a member is its place in the class."""

from enum import StrEnum


class FitnessKind(StrEnum):
    """What verifiers measure, and what against.

    The paper names two: the fused model's accuracy (Section III-A) and its gain over the base's (Section IV).
    ``random_control`` is the gain over the base with an equally wide random block; ``standalone`` is the
    accuracy of the model alone on the labels that it declares.
    """

    ACCURACY = "accuracy"
    GAIN = "gain"
    RANDOM_CONTROL = "random_control"
    STANDALONE = "standalone"


class Base(StrEnum):
    """Which earlier models a model is fused with: all that are not Void, or the rewarded ones."""

    ANNOUNCED = "announced"
    ACCEPTED = "accepted"


class Access(StrEnum):
    """Who can use a model.

    Every reader of the store; or its initiator once it is rewarded; or also the contributors of the task's
    other rewarded models. The paper's sentences allow both of the latter (Sections III and IV-A).
    """

    PUBLIC = "public"
    SEALED_FOR_INITIATOR = "sealed_for_initiator"
    SEALED_FOR_REWARDED = "sealed_for_rewarded"


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
    STAKE = "Stake"


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
    NOT_COMMITTED = "NotCommitted"


class SeatOutcome(StrEnum):
    """What became of a seat of a bonded task; ``SILENT`` and ``SLASHED`` lose the bond."""

    PAID = "Paid"
    SILENT = "Silent"
    SLASHED = "Slashed"
    EXCUSED = "Excused"


ENUMS: tuple[type[StrEnum], ...] = (
    FitnessKind,
    Base,
    Access,
    TaskState,
    ModelState,
    CreditReason,
    SkipReason,
    SeatOutcome,
)


def chain_number(member: StrEnum) -> int:
    """Return the number that stands for a member on the chain."""
    return list(type(member)).index(member)
