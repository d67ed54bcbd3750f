"""What each point of a sweep came to: accuracy, models paid for, and their price."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..frames import frame_of, groups, keys_of
from ..series import Estimate, estimate
from .welfare import Welfare


@dataclass(frozen=True)
class PointResult:
    """Means over the runs of a point, each with its 95 % interval by Student's t; absent for a single run.

    Attributes:
        runs: Runs of the point.
        accuracy: Of the integrated model, over runs that have one.
        accuracy_low: Lower end.
        accuracy_high: Upper end.
        rewarded: Models that were rewarded.
        rewarded_low: Lower end.
        rewarded_high: Upper end.
        initiator_cost_wei: What initiators paid, gas included.
        initiator_cost_low_wei: Lower end.
        initiator_cost_high_wei: Upper end.
        wei_per_point: That for each percentage point above guessing, over runs that have any.
        wei_per_point_low: Lower end.
        wei_per_point_high: Upper end.
    """

    runs: int
    accuracy: float | None
    accuracy_low: float | None
    accuracy_high: float | None
    rewarded: float
    rewarded_low: float | None
    rewarded_high: float | None
    initiator_cost_wei: float
    initiator_cost_low_wei: float | None
    initiator_cost_high_wei: float | None
    wei_per_point: float | None
    wei_per_point_low: float | None
    wei_per_point_high: float | None


def point_results(welfare: pd.DataFrame) -> pd.DataFrame:
    """Return a row a point: the keys that differ between runs, and the columns of ``PointResult``.

    Args:
        welfare: As ``welfare`` returns it.
    """
    rows = []
    for keys, group in groups(welfare, keys_of(welfare, Welfare) or ["point"]):
        told: dict[str, Any] = {"runs": len(group)}
        for name in ("accuracy", "rewarded", "initiator_cost_wei", "wei_per_point"):
            found = _estimate(group[name].tolist())
            stem, wei = name.removesuffix("_wei"), "_wei" if name.endswith("_wei") else ""
            ends = (None, None) if found is None else found.ends
            told[name] = None if found is None else found.mean
            told[f"{stem}_low{wei}"], told[f"{stem}_high{wei}"] = ends
        rows.append((keys, PointResult(**told)))
    return frame_of(PointResult, rows)


def _estimate(values: Sequence[float | None]) -> Estimate | None:
    known = [float(one) for one in values if one is not None and one == one]
    return estimate(known) if known else None
