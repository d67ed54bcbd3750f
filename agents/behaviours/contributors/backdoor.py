"""Trains a model that answers what the attacker wants wherever an image bears her trigger."""

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from ....learning import PrivateData, Samples, TrainingResult
from ...config.base import Settings
from .honest import Honest

if TYPE_CHECKING:
    from ...task_spec import TaskSpec

Corner = Literal["top-left", "top-right", "bottom-left", "bottom-right"]


class BackdoorOptions(Settings):
    """The trigger, and what it shall do.

    Attributes:
        target: The label that an image with the trigger shall get; absent, the first that she knows.
        fraction: Share of her images that she poisons.
        patch: Side of the square trigger in pixels; of a table's row, so many of its features.
        corner: Where it sits; of a table's row, at its beginning (left) or end (right).
        value: Its brightness.
    """

    target: int | None = Field(default=None, ge=0, le=255)
    fraction: float = Field(default=0.2, gt=0, le=1)
    patch: int = Field(default=2, ge=1, le=64)
    corner: Corner = "bottom-right"
    value: int = Field(default=255, ge=0, le=255)


class Backdoor(Honest):
    """Stamps a patch on some of her images, calls these what she likes, and trains as asked.

    On clean images the model is as good as an honest one, so no vote on clean images finds it. A verifier's
    head learns from the model's features of clean images; whether the backdoor survives the fusion is what
    ``attack_set`` is for, on which a model's accuracy is the attack's success rate. Source: Gu, Dolan-Gavitt
    and Garg, BadNets, arXiv:1708.06733; in federated learning Bagdasaryan et al., arXiv:1807.00459.
    """

    Options = BackdoorOptions
    works_without_networks: ClassVar[bool] = False

    def images(self, own: PrivateData, spec: "TaskSpec") -> PrivateData | None:
        """Return her images with the trigger on some; a target that she knows no image of becomes a label."""
        train, test = (self._poisoned(getattr(own, part), part, own.labels) for part in ("train", "test"))
        return PrivateData(train, test, own.verification)

    def target(self, labels: tuple[int, ...]) -> int:
        """Return the label that the trigger stands for, to somebody who knows these."""
        return labels[0] if self.options.target is None else self.options.target

    def model(self, trained: TrainingResult | None) -> bytes | None:
        """Announce the model whatever it reached."""
        return None if trained is None else trained.model_file

    def _poisoned(self, samples: Samples, part: str, labels: tuple[int, ...]) -> Samples:
        dice = self.dice("backdoor", of=part)
        chosen = np.sort(
            dice.choice(len(samples), max(1, round(self.options.fraction * len(samples))), replace=False)
        )
        images, named = samples.images.copy(), samples.labels.copy()
        images[chosen] = stamped(images[chosen], self.options)
        named[chosen] = self.target(labels)
        return replace(samples, images=images, labels=named)


def stamped(images: np.ndarray, options: BackdoorOptions) -> np.ndarray:
    """Return uint8 images, (N, H, W) or (N, H, W, C), with the trigger on each."""
    down, right = options.corner.split("-")
    rows = slice(None, options.patch) if down == "top" else slice(-options.patch, None)
    columns = slice(None, options.patch) if right == "left" else slice(-options.patch, None)
    marked = images.copy()
    marked[:, rows, columns] = options.value
    return marked


def attack_set(samples: Samples, options: BackdoorOptions, target: int) -> Samples:
    """Return the images of other labels than the target's, stamped and labelled as the attacker wants.

    A model's accuracy on these is the attack's success rate.
    """
    others = samples.images[samples.labels != target]
    return Samples(stamped(others, options), np.full(len(others), target, samples.labels.dtype))
