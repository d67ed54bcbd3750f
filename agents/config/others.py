"""The settings of the data, the initiators, the oracle, and of what work costs."""

from fractions import Fraction
from typing import ClassVar

from pydantic import Field

from ..behaviours.naming import Role
from .base import Amount, Fee, Settings
from .behaviour import BehaviourKeys


class DataSettings(Settings):
    """Where the images come from.

    Attributes:
        set: ``mnist`` (shipped), ``digits`` (8x8, for runs of seconds), scikit-learn's tables
            ``breast_cancer`` and ``wine``, a ``keras.datasets`` name, or the path of an ``.npz`` with
            ``x_train``, ``y_train``, ``x_test`` and ``y_test``: images, or a table's rows.
    """

    set: str = "mnist"


class InitiatorSettings(BehaviourKeys):
    """The application initiator; where tasks have several, each of them.

    Attributes:
        balance: Its wallet.
        plants: Planted tests: models of known fitness that it announces from accounts of its own, to catch
            verifiers who do not measure; in markets of one task.
    """

    role: ClassVar[Role] = "initiator"

    balance: Amount = 20 * 10**18
    plants: int = Field(default=0, ge=0, le=100)


class OracleSettings(BehaviourKeys):
    """The oracle account.

    Attributes:
        delay: Seconds that it takes to answer.
        balance: Its wallet, for gas.
    """

    role: ClassVar[Role] = "oracle"

    delay: float = Field(default=5.0, ge=0)
    balance: Amount = 10**18


class CostSettings(Settings):
    """What work takes in simulated seconds, at speed 1, and what that costs who does it, beside the chain.

    Attributes:
        train_sample: Seconds to pass one image forth and back through a network.
        feature_sample: Seconds to extract one image's features with one model.
        head_epoch: Seconds for one epoch of a fusion head, per fused model, whatever the sample's size.
        bandwidth: Bytes per second to and from the store.
        per_second: Ether that a second of training or measuring costs.
        watts: Power that it takes.
        watt_hour: Ether that a watt-hour costs.
    """

    train_sample: float = Field(default=0.01, ge=0)
    feature_sample: float = Field(default=0.0005, ge=0)
    head_epoch: float = Field(default=0.2, ge=0)
    bandwidth: float = Field(default=1_000_000.0, gt=0)
    per_second: Fee = 0
    watts: float = Field(default=0.0, ge=0, le=10**9)
    watt_hour: Fee = 0

    def wei(self, seconds: float) -> int:
        """Return what so many seconds of work cost, in whole wei, rounded down."""
        return int(Fraction(seconds) * (self.per_second + Fraction(self.watts) * self.watt_hour / 3600))
