"""What a computing contributor keeps in mind of a task that she took up."""

from dataclasses import dataclass, field

from ..learning import TrainingJob
from .journal import Training
from .task_spec import TaskSpec


@dataclass(frozen=True)
class SealedModel:
    """The key that a model was sealed with, and the same wrapped for the initiator."""

    key: bytes
    for_initiator: bytes


@dataclass
class Undertaking:
    """One task as a contributor works on it.

    Attributes:
        task_id: Its number on the contract.
        spec: What it asks for, as she read it from the store.
        job: The training that she does for it, if any.
        training: Under way; ``None`` before and after.
        was_announced: Whether she has sent an announcement for it.
        model_id: Of her model, once it is announced.
        sealed: The keys to it, where the task has models sealed.
        has_handed_out_keys: Whether the panel was given its keys.
        shared_with: Models whose contributors she gave her key.
    """

    task_id: int
    spec: TaskSpec
    job: TrainingJob | None = None
    training: Training | None = None
    was_announced: bool = False
    model_id: int | None = None
    sealed: SealedModel | None = None
    has_handed_out_keys: bool = False
    shared_with: set[int] = field(default_factory=set)


class Workload:
    """Trainings that a contributor began, so that none is done twice.

    Two tasks that ask for the same training of the same images ask for the same model, since her seed is hers
    alone. The models themselves stay in the store and the cache.
    """

    def __init__(self) -> None:
        self._left: list[tuple[TrainingJob, float]] = []

    def seconds_left(self, job: TrainingJob, whole: float) -> float:
        """Return the seconds that a training still takes of ``whole``: none if it was done before."""
        return next((left for known, left in self._left if _are_the_same(known, job)), whole)

    def is_done(self, job: TrainingJob) -> bool:
        """Whether a training was done to its end before."""
        return any(not left and _are_the_same(known, job) for known, left in self._left)

    def note(self, job: TrainingJob, left: float) -> None:
        """Remember how many seconds of a training are left, 0 if it is done."""
        self._left = [(known, rest) for known, rest in self._left if not _are_the_same(known, job)]
        self._left.append((job, left))


def _are_the_same(one: TrainingJob, other: TrainingJob) -> bool:
    return one is other or _asked(one) == _asked(other)


def _asked(job: TrainingJob) -> tuple[object, ...]:
    return job.network, job.threshold, job.config, job.seed, job.privacy, job.data.digest
