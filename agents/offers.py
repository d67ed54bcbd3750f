"""What a contributor sees before she decides: a task with what it promises, and announcements of others."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from ..contracts import TaskTerms
from .task_spec import TaskSpec
from .web_application import ListedModel

GAS_OF_A_MODEL = 300_000
"""Gas of announcing a model, having its panel drawn and its evaluations asked for, and withdrawing.

305,084 for the first model and a panel of five, by ``contracts/gas-snapshot.json``."""


class Costs(Protocol):
    """What it takes somebody to serve a task."""

    def expected_seconds(self, task_id: int) -> float:
        """Return the simulated seconds of the training that the task asks of her."""
        ...

    def places_left(self, task_id: int) -> int:
        """Return how many further models the task's escrow can pay."""
        ...


@dataclass(frozen=True, eq=False)
class Offer:
    """A task as a contributor sees it when she decides whether to take it up, or to go on with it.

    Attributes:
        task_id: Its number on the contract.
        name: Its name in the scenario.
        terms: What the initiator fixed: reward, MAFR, deadline, access and the rest.
        spec: What it asks for.
        models: Those announced so far.
        seconds_left: Simulated seconds until its deadline.
        gas_wei: What the transactions from announcing to withdrawing cost, about.
        costs: Works out the rest when it is asked for.
        wei: What seconds of her work cost.
    """

    task_id: int
    name: str
    terms: TaskTerms
    spec: TaskSpec
    models: tuple[ListedModel, ...]
    seconds_left: float
    gas_wei: int
    costs: Costs = field(repr=False)
    wei: Callable[[float], int] = field(repr=False)

    @cached_property
    def seconds(self) -> float:
        """Simulated seconds that the training takes her, which she knows from experience."""
        return self.costs.expected_seconds(self.task_id)

    @cached_property
    def places(self) -> int:
        """How many further models the escrow can pay."""
        return self.costs.places_left(self.task_id)

    @property
    def cost_wei(self) -> int:
        """What serving the task costs her: work and gas."""
        return self.wei(self.seconds) + self.gas_wei

    @property
    def settled(self) -> int:
        """Models that were decided so far."""
        return sum(not model.is_open for model in self.models)

    @property
    def rewarded(self) -> int:
        """Models that were rewarded so far."""
        return sum(model.is_rewarded for model in self.models)


@dataclass(frozen=True)
class Sighting:
    """Somebody else's announcement of a model, in the mempool or in a block.

    Attributes:
        task_id: The task.
        contributor: Address of who announces it.
        cid: Where the model lies in the store.
        fingerprint: By which verifiers recognise a copy.
        key_commitment: To the model's key; zeros in a public task.
        fee_wei: Priority fee per gas that it offers, where it still waits in the mempool.
        model_id: Its number, once it is in a block.
    """

    task_id: int
    contributor: str
    cid: str
    fingerprint: bytes
    key_commitment: bytes
    fee_wei: int | None = None
    model_id: int | None = None

    @property
    def is_pending(self) -> bool:
        """Whether it waits in the mempool, where a higher fee overtakes it."""
        return self.model_id is None

    @classmethod
    def of(cls, model: ListedModel) -> "Sighting":
        """Return what everybody sees of a model that is in a block."""
        return cls(
            model.task_id,
            model.contributor,
            model.cid,
            model.fingerprint,
            model.key_commitment,
            model_id=model.model_id,
        )
