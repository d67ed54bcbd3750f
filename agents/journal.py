"""What happened off chain, which no receipt tells: trainings, measurements, and a diary in plain words."""

from dataclasses import dataclass, field

from .config.presence import Visit


@dataclass(frozen=True)
class DiaryEntry:
    """At simulated second ``time``, when ``block`` was the newest, something happened to ``who``."""

    time: float
    block: int
    who: str
    kind: str
    text: str
    model_id: int | None = None


@dataclass(frozen=True)
class Training:
    """A contributor's training, noted when it begins: what it comes to and when it is over.

    Attributes:
        contributor: Its name.
        labels: The label set it trained on.
        network: Name of the structure.
        iterations: Minibatch steps made; 0 if the model that it announces was not trained by it.
        epochs: Passes over its training images.
        test_accuracy: Of the kept weights on its own test images; ``None`` if it trained nothing.
        local_accuracy: Of the kept weights on its own verification images (Figures 6 and 8); likewise.
        started: Simulated second at which the training began.
        finished: Simulated second at which the training is over; the task may close before.
        epsilon: Privacy spent on the training images, at ``delta``; ``None`` if they were not protected.
        delta: The guarantee's second number; ``None`` likewise.
        cut: Simulated second at which its contributor left in the middle of it; ``None`` if she did not.
        task_id: The task that the model is for.
        reused: Whether she had trained the same before, for another task.
        claimed_accuracy: What she says that her model tells right, which nobody checks.
    """

    contributor: str
    labels: tuple[int, ...]
    network: str
    iterations: int
    epochs: int
    test_accuracy: float | None
    local_accuracy: float | None
    started: float
    finished: float
    epsilon: float | None = None
    delta: float | None = None
    cut: float | None = None
    task_id: int = 1
    reused: bool = False
    claimed_accuracy: float | None = None


@dataclass(frozen=True)
class Measurement:
    """Accuracy that a verifier measured: of a model fused with its base, by one strategy."""

    time: float
    model_id: int
    verifier: str
    strategy: str
    fused_models: int
    accuracy: float


@dataclass
class Journal:
    """All of it, in the order in which it happened."""

    diary: list[DiaryEntry] = field(default_factory=list)
    trainings: list[Training] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)

    def write(
        self, time: float, block: int, who: str, kind: str, text: str, model_id: int | None = None
    ) -> None:
        """Add a line to the diary."""
        self.diary.append(DiaryEntry(time, block, who, kind, text, model_id))
