"""Trains on images whose labels she has falsified."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from ....learning import PrivateData, Samples, TrainingResult
from ...config.base import Settings, refusal
from ..forging import spoiled
from .honest import Honest

if TYPE_CHECKING:
    from ...task_spec import TaskSpec

Pair = Annotated[tuple[int, ...], Field(min_length=2, max_length=2)]


class LabelFlipOptions(Settings):
    """Which labels are falsified, and how.

    Attributes:
        fraction: Share of the images whose labels are.
        how: ``shuffled`` deals these labels out anew among their images; ``pairs`` turns the first of each
            pair into the second and back.
        pairs: Pairs of labels, with ``how = "pairs"``; one of which she knows only one label stays.
    """

    fraction: float = Field(default=1.0, gt=0, le=1)
    how: Literal["shuffled", "pairs"] = "shuffled"
    pairs: tuple[Pair, ...] = ()

    @model_validator(mode="after")
    def _pairs_are_said_where_they_count(self) -> Self:
        if (self.how == "pairs") != bool(self.pairs):
            raise refusal("pairs", list(self.pairs), "pairs such as [[1, 7]] with how = 'pairs', else none")
        if any(len(set(pair)) < 2 for pair in self.pairs):
            raise refusal("pairs", list(self.pairs), "two different labels in each pair")
        return self


class LabelFlip(Honest):
    """Trains as asked on her own images, but with false labels on some or all of them.

    With ``shuffled`` labels the model is junk that took honest effort; with ``pairs`` it is aimed: a 1 shall
    be read as a 7. Her own testing images are falsified like those she trains on, since they decide when
    training stops; her verification images are not, so that ``local_accuracy`` is the truth. A fused head can
    undo a relabelling of whole classes, as it learns from features and not from labels. Sources: Biggio,
    Nelson and Laskov, arXiv:1206.6389; in federated learning Tolpegin et al., arXiv:2007.08432.
    """

    Options = LabelFlipOptions

    def images(self, own: PrivateData, spec: "TaskSpec") -> PrivateData | None:
        """Return her images with false labels."""
        pairs = self._known_pairs(own.labels)
        train, test = (self._flipped(getattr(own, part), part, pairs) for part in ("train", "test"))
        return PrivateData(train, test, own.verification)

    def model(self, trained: TrainingResult | None) -> bytes | None:
        """Announce the model whatever it reached; a surrogate sees no labels and is spoiled afterwards."""
        return None if trained is None else spoiled(trained.model_file, self._share_of_harm)

    @property
    def _share_of_harm(self) -> float:
        if self.options.how == "shuffled":
            return self.options.fraction
        known = self.me.data.labels
        turned = {label for pair in self._known_pairs(known) for label in pair}
        return self.options.fraction * len(turned) / len(known)

    def _known_pairs(self, labels: tuple[int, ...]) -> list[tuple[int, ...]]:
        return [pair for pair in self.options.pairs if set(pair) <= set(labels)]

    def _flipped(self, samples: Samples, part: str, pairs: list[tuple[int, ...]]) -> Samples:
        dice, labels = self.dice("label flip", of=part), samples.labels.copy()
        number = round(self.options.fraction * len(labels))
        chosen = np.sort(dice.choice(len(labels), number, replace=False))
        if self.options.how == "shuffled":
            labels[chosen] = dice.permutation(labels[chosen])
        else:
            turned = np.arange(256, dtype=labels.dtype)
            for one, other in pairs:
                turned[[one, other]] = turned[[other, one]]
            labels[chosen] = turned[labels[chosen]]
        return replace(samples, labels=labels)
