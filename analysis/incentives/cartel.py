"""How often a cartel of verifiers holds the majority of a panel: closed form, and as it happened."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

import pandas as pd

from ...errors import InputError
from ..frames import Keys, OfRun, frame_of, groups
from ..rows import Row
from .decisions import rate
from .payoffs import HONEST, behaviour_of
from .source import Sample, Source, samples


@dataclass(frozen=True)
class Panel(OfRun):
    """One drawn panel.

    Attributes:
        model_id: The model that it judged.
        seats: Its size.
        pool: Who could have been drawn: who had joined the pool by the announcement and not left by the draw,
            less the model's contributor and the initiator.
        cartel: How many of the pool belong to the cartel.
        taken: Seats that the cartel got.
        captured: Whether these are a strict majority.
        chance: How likely that was, by the hypergeometric distribution.
    """

    model_id: int
    seats: int
    pool: int
    cartel: int
    taken: int
    captured: bool
    chance: float


@dataclass(frozen=True)
class Capture:
    """How often panels were captured, beside the closed form.

    Attributes:
        panels: How many were drawn.
        captured: Those with a strict majority of the cartel.
        rate: That share.
        low: Lower end of its 95 % interval, Wilson's.
        high: Upper end.
        chance: Mean of the panels' hypergeometric chances.
    """

    panels: int
    captured: int
    rate: float
    low: float
    high: float
    chance: float


def capture_chance(pool: int, cartel: int, seats: int) -> float:
    """Return how likely a cartel gets a strict majority of a panel drawn without replacement.

    P(X > n / 2) with X hypergeometric: n seats from a pool of N of whom K are in the cartel.

    Args:
        pool: N, who can be drawn.
        cartel: K of them.
        seats: n; a pool that is smaller sits on the panel as a whole.

    Raises:
        InputError: The cartel is larger than the pool, or there is no seat.
    """
    if not 0 <= cartel <= pool:
        raise InputError("cartel", cartel, f"between 0 and the pool's {pool}")
    if seats < 1 or pool < 1:
        raise InputError("seats", seats, "at least one seat, and somebody to sit on it")
    from scipy.stats import hypergeom  # slow to import

    seats = min(seats, pool)
    return float(hypergeom.sf(seats // 2, pool, cartel, seats))


def capture_limit(share: float, seats: int) -> float:
    """Return the same for a pool without end, a share of which is in the cartel: the binomial tail.

    Args:
        share: Of the pool, from 0 to 1.
        seats: The panel's size.
    """
    from scipy.stats import binom  # slow to import

    return float(binom.sf(seats // 2, seats, share))


def panels(source: Source, cartel: Collection[str] | None = None) -> pd.DataFrame:
    """Return a row a drawn panel, with the columns of ``Panel``.

    Args:
        source: A run, several, or the folder of a sweep.
        cartel: Behaviours or names of who belongs to it; by default every verifier who is not honest.

    Raises:
        InputError: The source is none of these.
    """
    return frame_of(Panel, (row for sample in samples(source) for row in panel_rows(sample, cartel)))


def panel_rows(sample: Sample, cartel: Collection[str] | None = None) -> Iterator[tuple[Keys, Panel]]:
    """Give the rows of one run."""
    members = {row["account"] for row in sample.rows("participants") if _belongs(row, cartel)}
    initiators = {row["task_id"]: row["account"] for row in sample.rows("tasks")}
    pool: set[str] = set()
    eligible: dict[int, set[str]] = {}
    for event in sample.rows("events"):
        match event["event"]:
            case "PoolJoined":
                pool.add(event["account"])
            case "PoolLeft":
                pool.discard(event["account"])
            case "ModelAnnounced":
                barred = {event["contributor"], initiators.get(event["task_id"])}
                eligible[event["model_id"]] = pool - barred
            case "PanelDrawn":
                able = (eligible[event["model_id"]] & pool) | set(event["panel"])
                ours, seats = len(able & members), len(event["panel"])
                if seats:
                    taken = len(set(event["panel"]) & members)
                    place = {**sample.place, "model_id": event["model_id"], "seats": seats}
                    chance = capture_chance(len(able), ours, seats)
                    yield (
                        sample.keys,
                        Panel(
                            **place,
                            pool=len(able),
                            cartel=ours,
                            taken=taken,
                            captured=2 * taken > seats,
                            chance=chance,
                        ),
                    )
            case _:
                pass


def captures(panels: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return how often panels were captured beside how often they had to be, with the columns of ``Capture``.

    Args:
        panels: As ``panels`` returns them.
        by: Columns that are kept apart, such as a key of the sweep, or ``seats``.
    """
    rows = []
    for values, own in groups(panels, by):
        count = sum(own["captured"])
        share, low, high = rate(count, len(own))
        if share is not None and low is not None and high is not None:
            row = Capture(len(own), count, share, low, high, fmean(own["chance"]))
            rows.append((values, row))
    return frame_of(Capture, rows)


def _belongs(person: Row, cartel: Collection[str] | None) -> bool:
    if "verifier" not in person["role"]:
        return False
    if cartel is None:
        return behaviour_of(person) != HONEST
    return behaviour_of(person) in cartel or person["name"] in cartel
