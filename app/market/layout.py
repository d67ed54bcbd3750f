"""Where everybody stands in the picture of the network."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..picture import CONTRACT, ORACLE, STORE, Picture


@dataclass(frozen=True)
class Spot:
    """A place in the picture, how large who stands there is, and how near to it edges come."""

    x: float
    y: float
    radius: float
    rim: float | None = None

    @property
    def edge(self) -> float:
        """How far from the middle an edge begins or ends."""
        return self.radius if self.rim is None else self.rim


@dataclass(frozen=True)
class Layout:
    """A picture's size, and the spot of everybody in it by name.

    Attributes:
        width: In the units of the drawing.
        height: Likewise.
        spots: By name; the contract and the store have one as well.
        is_wide: Whether there is room for words beside people and on edges.
    """

    width: float
    height: float
    spots: dict[str, Spot]
    is_wide: bool


def wide(picture: Picture) -> Layout:
    """Return the layout for a desk: words beside everybody."""
    rows = max(_left(picture), _right(picture), key=len)
    height = max(480.0, 150 + 54.0 * len(rows))
    middle = height * 0.46
    spots = {
        **_column(_left(picture), 210, 60, height - 50, 22),
        **_column(_right(picture), 650, 60, height - 50, 22),
        **_row(_top(picture), 430, 40, 170, 22),
        CONTRACT: Spot(430, middle, 64, rim=36),
        STORE: Spot(355, height - 70, 27),
        ORACLE: Spot(505, height - 70, 22),
    }
    return Layout(860, height, spots, is_wide=True)


def narrow(picture: Picture) -> Layout:
    """Return the layout for a telephone: names alone."""
    rows = max(_left(picture), _right(picture), key=len)
    height = max(440.0, 120 + 50.0 * len(rows))
    spots = {
        **_column(_left(picture), 48, 60, height - 60, 16),
        **_column(_right(picture), 332, 60, height - 60, 16),
        **_row(_top(picture), 190, 40, 80, 18),
        CONTRACT: Spot(190, height * 0.45, 52, rim=28),
        STORE: Spot(145, height - 62, 20),
        ORACLE: Spot(235, height - 62, 18),
    }
    return Layout(380, height, spots, is_wide=False)


def _top(picture: Picture) -> list[str]:
    return [one.name for one in picture.of_role("initiator")]


def _left(picture: Picture) -> list[str]:
    return [one.name for role in ("contributor", "planter") for one in picture.of_role(role)]


def _right(picture: Picture) -> list[str]:
    return [one.name for one in picture.of_role("verifier")]


def _column(names: Sequence[str], x: float, top: float, bottom: float, radius: float) -> dict[str, Spot]:
    gap = (bottom - top) / max(1, len(names))
    radius = min(radius, 0.4 * gap)
    return {name: Spot(x, top + gap * (place + 0.5), radius) for place, name in enumerate(names)}


def _row(names: Sequence[str], x: float, y: float, gap: float, radius: float) -> dict[str, Spot]:
    left = x - gap * (len(names) - 1) / 2
    return {name: Spot(left + gap * place, y, radius) for place, name in enumerate(names)}
