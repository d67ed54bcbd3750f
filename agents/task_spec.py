"""What a task asks for, as the document that the initiator puts into the store.

The contract holds the money terms and the document's CID; contributors and verifiers read the rest from
the store by that CID (Section III-A: properties of the input, expected output, recommended structure).
"""

import json
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ..errors import InputError
from ..learning import DataSet, FusionConfig, NetworkSpec, Strategy, is_own_network, network_spec
from .config.base import Settings
from .config.task import FitnessName, TaskSettings

if TYPE_CHECKING:
    from .config import MarketConfig


class TaskSpec(Settings):
    """The task, in the words that every participant reads.

    Attributes:
        title: What the model is for.
        input_shape: Height and width of an image in pixels, and channels if it has them.
        classes: Number of labels ``d``; they are counted from 0.
        fitness: What verifiers report.
        strategy: How models are fused.
        fusion: Hyper-parameters of the fusion head.
        network: Recommended structure, if any: a known one's name, or a description of the initiator's own.
        announce_threshold: Own-test accuracy at which a contributor announces, if any.
    """

    title: str
    input_shape: tuple[int, ...]
    classes: int
    fitness: FitnessName
    strategy: Strategy
    fusion: FusionConfig
    network: str | NetworkSpec | None = None
    announce_threshold: float | None = None

    @classmethod
    def of(cls, config: "MarketConfig", task: TaskSettings, data_set: DataSet, title: str = "") -> "TaskSpec":
        """Return the description of one of a market's tasks."""
        return cls(
            title=title or f"Tell {data_set.classes} classes of {config.data.set} apart",
            input_shape=data_set.image_shape,
            classes=data_set.classes,
            fitness=task.fitness,
            strategy=task.strategy,
            fusion=config.fusion,
            network=_recommended(task.network, data_set),
            announce_threshold=task.announce_threshold,
        )

    def to_bytes(self) -> bytes:
        """Return canonical JSON: the same task always has the same CID."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> "TaskSpec":
        """Read a document that a stranger may have written.

        Raises:
            InputError: It is no task description.
        """
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise InputError("task spec", content[:60], f"a task description in JSON ({reason})") from None


def _recommended(network: str | None, data_set: DataSet) -> str | NetworkSpec | None:
    """Return the structure that the initiator recommends; a file of its own is read here, by nobody else."""
    if network is None or not is_own_network(network):
        return network
    return network_spec(network, data_set.image_shape, range(data_set.classes), field="task.network")
