"""The empirical game: payoffs of behaviours by how many play each, estimated from runs."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import pandas as pd

from ...errors import InputError
from ...units import ETHER
from ..frames import Keys, frame_of, groups, keys_of, where
from ..series import estimate
from .payoffs import Payoff

POPULATION = (".behaviour", ".behaviours", ".count", ".options")
"""How keys end that say who plays what; others belong to the setting in which a game is played."""


@dataclass(frozen=True)
class Cell:
    """What those get who play one behaviour in one profile.

    Attributes:
        profile: How many of the role play what, such as ``4 honest, 1 lazy``.
        behaviour: One of these behaviours.
        players: How many play it.
        seeds: Seeds with this profile.
        mean_wei: Mean net payoff of who plays it: over players, then over seeds.
        low_wei: Lower end of its 95 % interval by Student's t; absent for a single seed.
        high_wei: Upper end.
    """

    profile: str
    behaviour: str
    players: int
    seeds: int
    mean_wei: float
    low_wei: float | None
    high_wei: float | None


@dataclass(frozen=True, eq=False)
class SymmetricGame:
    """The game that is left when each player takes all others to play alike.

    It is the deviation-preserving reduction of a symmetric game to two players (Wiedenbeck and Wellman 2012,
    *Scaling simulation-based game analysis through deviation-preserving reduction*): what one player gets is
    what one deviator got in the whole market among others who all play the same, so that its pure symmetric
    equilibria are those of the whole game. Players are taken to be alike; where they are not, as contributors
    with other data, it is the game of those who deviate in some run; they are also looked at where nobody
    does.

    Attributes:
        behaviours: In the order of rows and columns.
        samples: Ether by seed, (seeds, k, k): the net payoff of who plays row's behaviour while all others
            play column's.
        seeds: The seeds.
    """

    behaviours: tuple[str, ...]
    samples: np.ndarray
    seeds: tuple[int, ...]

    @property
    def matrix(self) -> np.ndarray:
        """Mean over seeds, (k, k)."""
        return self.samples.mean(axis=0)


def game_table(payoffs: pd.DataFrame, role: str = "contributor") -> pd.DataFrame:
    """Return a row for each setting, profile and behaviour of a role.

    Columns are the keys that do not say how many of the role play what, and those of ``Cell``.

    Args:
        payoffs: As ``payoffs`` returns them.
        role: Whose behaviours are played; an account in two roles plays neither alone.
    """
    return frame_of(Cell, _cells(payoffs, role))


def _cells(payoffs: pd.DataFrame, role: str) -> Iterator[tuple[Keys, Cell]]:
    for setting, runs in groups(payoffs, _setting_keys(payoffs, role)):
        found: dict[tuple[str, str, int], dict[int, float]] = {}
        for told, run in groups(where(runs, runs["role"] == role), ["run", "seed"]):
            seed = told["seed"]
            players = Counter(run["behaviour"])
            for behaviour, number in sorted(players.items()):
                net = fmean(map(float, where(run, run["behaviour"] == behaviour)["net_wei"]))
                own = found.setdefault((profile_text(players), behaviour, number), {})
                if seed in own:
                    allowed = (
                        "settings told apart by keys of the payoffs; this profile is there twice for a seed"
                    )
                    raise InputError("payoffs", profile_text(players), allowed)
                own[seed] = net
        for (profile, behaviour, number), values in found.items():
            mean = estimate(list(values.values()))
            low, high = mean.ends
            yield setting, Cell(profile, behaviour, number, mean.runs, mean.mean, low, high)


def symmetric_game(payoffs: pd.DataFrame, role: str = "contributor") -> SymmetricGame:
    """Return the game of one setting.

    Args:
        payoffs: Of runs in which one player deviates, and of runs in which nobody does: for each ordered
            pair of behaviours the profiles *all play b* and *one plays a, all others b*, in the same seeds.
        role: Whose behaviours are played.

    Raises:
        InputError: A profile is missing, settings are mixed, or numbers of players differ.
    """
    others = _setting_keys(payoffs, role)
    if len(list(groups(payoffs, others))) > 1:
        raise InputError("payoffs", ", ".join(others), "the runs of one setting")
    own = where(payoffs, payoffs["role"] == role)
    seats = _deviating_seats(own)
    behaviours = tuple(dict.fromkeys(own["behaviour"]))
    sizes = sorted({len(run) for _, run in groups(own, ["run", "seed"])})
    if len(sizes) != 1:
        raise InputError("payoffs", sizes, f"runs with one and the same number of {role}s")
    cells: dict[tuple[str, str], dict[int, float]] = {}
    for told, run in groups(own, ["run", "seed"]):
        players = Counter(run["behaviour"])
        for deviator, crowd in _readings(players):
            hers = run["name"].isin(list(seats)) if deviator == crowd else run["behaviour"] == deviator
            net = fmean(map(float, where(run, hers)["net_wei"])) / ETHER
            cell = cells.setdefault((deviator, crowd), {})
            if told["seed"] in cell:
                raise InputError("payoffs", f"one {deviator} among {crowd}", "this once for a seed")
            cell[told["seed"]] = net
    pairs = [(one, other) for one in behaviours for other in behaviours]
    missing = [f"one {one} among {other}" for one, other in pairs if (one, other) not in cells]
    if missing:
        raise InputError("payoffs", missing[0], "every pair of behaviours; no run has this one")
    seeds = sorted(set.intersection(*(set(cells[pair]) for pair in pairs)))
    if not seeds:
        raise InputError("payoffs", role, "profiles that have a seed in common")
    values = [[cells[pair][seed] for pair in pairs] for seed in seeds]
    k = len(behaviours)
    return SymmetricGame(behaviours, np.array(values).reshape(len(seeds), k, k), tuple(seeds))


def population_keys(payoffs: pd.DataFrame, role: str) -> list[str]:
    """Return the keys that say how many of a role play what."""
    own = [key for key in keys_of(payoffs, Payoff) if key.startswith(f"{role}s.")]
    return [key for key in own if key.endswith(POPULATION) or ".options." in key]


def profile_text(players: Counter[str]) -> str:
    """Return a profile in words, the most frequent behaviour first."""
    ordered = sorted(players.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{number} {name}" for name, number in ordered)


def _setting_keys(payoffs: pd.DataFrame, role: str) -> list[str]:
    population = population_keys(payoffs, role)
    return [key for key in keys_of(payoffs, Payoff) if key not in population]


def _deviating_seats(own: pd.DataFrame) -> set[str]:
    """Return who ever plays something else than all others; everybody where nobody does."""
    found: set[str] = set()
    for _, run in groups(own, ["run"]):
        players = Counter(run["behaviour"])
        for deviator, crowd in _readings(players):
            if deviator != crowd:
                found |= set(where(run, run["behaviour"] == deviator)["name"])
    return found or set(own["name"])


def _readings(players: Counter[str]) -> Iterator[tuple[str, str]]:
    """Give who deviates from whom: nobody, or one player; of two players, either."""
    if len(players) == 1:
        (only,) = players
        yield only, only
    elif len(players) == 2:
        for deviator, crowd in (tuple(players), tuple(players)[::-1]):
            if players[deviator] == 1:
                yield deviator, crowd
