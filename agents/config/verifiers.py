"""The settings of verification contributors: all of them, or a group."""

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from ..behaviours.naming import Role
from .base import Amount, refusal
from .behaviour import BehaviourKeys
from .members import GroupName, VerifierMember, verifier_members, with_what_groups_have_in_common
from .presence import PresenceKeys


class VerifierKeys(BehaviourKeys, PresenceKeys):
    """What can be said of verification contributors, all of them or a group.

    Attributes:
        count: How many join the pool.
        speed: Pace in units of the cost model's.
        balance: Each one's wallet, for gas and the stake.
        stake: What each deposits on joining; absent, one bond for every model that may be announced.
        reveal: Where committed evaluations are shown: on the ``board``, from which the oracle brings them, or
            on the ``chain``, where no oracle can leave them out.
        leaves: Stage at which each vanishes, once: when she has ``joined`` the pool, when she is ``seated``
            on a panel, when her commitment is mined (``committed``), or when she has ``reported``.
    """

    role: ClassVar[Role] = "verifier"

    count: int = Field(default=5, ge=1, le=1000)
    speed: float = Field(default=1.0, ge=0.001, le=1000)
    balance: Amount = 10**18
    stake: Amount | None = None
    reveal: Literal["board", "chain"] = "board"
    leaves: Literal["joined", "seated", "committed", "reported"] | None = None


class VerifierGroup(VerifierKeys):
    """Some of the verification contributors: keys of ``[verifiers]``, which says what they do not.

    The panel, its quorum and what is measured on are the whole pool's, so they are no group's.

    Attributes:
        name: What its members are called, with their number behind.
    """

    name: GroupName


class VerifierSettings(VerifierKeys):
    """The verification contributors.

    Attributes:
        panel: How many are drawn for each model.
        quorum: How many evaluations a decision needs; absent, a majority of the panel.
        data: On what they measure: all on the sample that a task's initiator provides (``shared``, so that
            a panel shares one sampling error), each on a part of it that is hers alone (``split``), or each
            on as many images of her own, of those that contributors draw from (``private``).
        train: Images of the sample that fusion heads are trained on.
        test: Images of the sample that tell when a head is good.
        verification: Images of the sample that the reported accuracy is measured on.
        groups: Groups that differ; absent, all are one group, named ``verifier``.
    """

    panel: int = Field(default=5, ge=1, le=100)
    quorum: int | None = Field(default=None, ge=1)
    data: Literal["shared", "split", "private"] = "shared"
    train: int = Field(default=2000, ge=1)
    test: int = Field(default=500, ge=1)
    verification: int = Field(default=1000, ge=1)
    groups: tuple[VerifierGroup, ...] = Field(default=(), max_length=1000)

    @model_validator(mode="before")
    @classmethod
    def _groups_have_something_in_common(cls, table: Any) -> Any:
        return with_what_groups_have_in_common(table, VerifierGroup)

    @model_validator(mode="after")
    def _panel_fits_the_quorum(self) -> "VerifierSettings":
        if self.quorum is not None and self.quorum > self.panel:
            raise refusal("quorum", self.quorum, f"at most verifiers.panel, {self.panel}")
        return self

    @property
    def members(self) -> tuple[VerifierMember, ...]:
        """Everybody, one by one."""
        return verifier_members(self)

    def with_stake(self, stake: int) -> Self:
        """Return the same with a stake for those of whom nothing is said."""
        groups = [
            group if group.stake is not None else group.model_copy(update={"stake": stake})
            for group in self.groups
        ]
        own = stake if self.stake is None else self.stake
        return self.model_copy(update={"stake": own, "groups": tuple(groups)})
