"""The numbers that might tell an honest model from junk, and how well they do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from ..wording import points
from .paired import PairedDifference

JUNK = ("copy", "random weights", "shuffled labels")


@dataclass(frozen=True)
class Fifth:
    """What one fifth model does, in one seed.

    Attributes:
        right: Change of the share told right when it joins the base: on the verifiers' verification images,
            and on the held-out ones.
        losses: The same of the cross-entropy in nats.
        standalone: Share of the verification images of its declared labels that it tells right alone.
        probe: Accuracy of a head on this model alone.
        distance: Of its fingerprint to the nearest of the base.
    """

    right: tuple[PairedDifference, PairedDifference]
    losses: tuple[PairedDifference, PairedDifference]
    standalone: float
    probe: float
    distance: int


Runs = Sequence[Mapping[str, Fifth]]
"""One recipe's fifth models, by their kinds, in each seed."""


@dataclass(frozen=True)
class Test:
    """A number that might tell honest from junk.

    Attributes:
        name: What it is.
        unit: Of its column.
        value: It, of one model in one seed.
        shown: Its values over the seeds, as a table's cell.
        sign: 1 if more is better, -1 if less is.
        paired: Which of the changes it is, if it is one of accuracy.
    """

    name: str
    unit: str
    value: Callable[[Fifth], float]
    shown: Callable[[Sequence[float]], str]
    sign: int = 1
    paired: int | None = None


def _range(pattern: str) -> Callable[[Sequence[float]], str]:
    def shown(values: Sequence[float]) -> str:
        mean, least, most = (pattern.format(one) for one in (fmean(values), min(values), max(values)))
        return mean if len(values) == 1 else f"{mean} ({least} to {most})"

    return shown


TESTS = (
    Test("change on the sample", "points", lambda one: one.right[0].mean, points, paired=0),
    Test("change on held-out images", "points", lambda one: one.right[1].mean, points, paired=1),
    Test("log-loss on the sample", "z", lambda one: one.losses[0].z, _range("{:.1f}"), sign=-1),
    Test("log-loss on held-out images", "z", lambda one: one.losses[1].z, _range("{:.1f}"), sign=-1),
    Test("stand-alone accuracy", "%", lambda one: 100 * one.standalone, _range("{:.1f}")),
    Test("one-model probe", "%", lambda one: 100 * one.probe, _range("{:.1f}")),
    Test("distance of fingerprints", "bits", lambda one: one.distance, _range("{:.0f}")),
)

FUSED = TESTS[:4]
"""Those that look at the fused model; the others look at the fifth alone."""


@dataclass(frozen=True)
class Separation:
    """How well a test tells honest models from one kind of junk.

    Attributes:
        better: Seeds in which the honest model is better; a tie is not.
        seeds: Number of seeds.
        apart: Whether the worst honest model is better than the best junk, so that one threshold would do.
    """

    better: int
    seeds: int
    apart: bool

    def __str__(self) -> str:
        return f"{self.better} of {self.seeds}{', apart' if self.apart else ''}"


def separation(honest: Sequence[float], junk: Sequence[float]) -> Separation:
    """Compare seed by seed; larger is better."""
    better = sum(one > other for one, other in zip(honest, junk, strict=True))
    return Separation(better, len(honest), min(honest) > max(junk))


def separate(runs: Runs, test: Test, kind: str) -> Separation:
    """Return how well a test tells honest models from one kind of junk."""
    honest, junk = ([test.sign * test.value(seed[one]) for seed in runs] for one in ("honest", kind))
    return separation(honest, junk)
