"""Frames as people read them: ether, per cent, intervals in one cell, plain headings."""

import math
from typing import Any

import pandas as pd

from ...units import format_ether

RATES = ("accuracy", "rate", "share", "margin", "losers", "reject", "accept", "chance", "stability")
DIGITS = 4


def shown(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame as text: wei as ether, fractions as per cent, a mean with its interval in one cell.

    An interval's ends ``low…`` and ``high…`` go into the column before them.
    """
    columns: dict[str, list[str]] = {}
    names = [str(name) for name in frame.columns]
    for place, name in enumerate(names):
        if _is_end(name):
            continue
        has_ends = len(names) > place + 2 and all(map(_is_end, names[place + 1 : place + 3]))
        values = frame[name].tolist()
        if has_ends:
            lows, highs = (frame[names[place + step]].tolist() for step in (1, 2))
            cells = [_interval(name, *three) for three in zip(values, lows, highs, strict=True)]
        else:
            cells = [cell(name, value) for value in values]
        columns[heading(name)] = cells
    return pd.DataFrame(columns)


def heading(name: str) -> str:
    """Return what a column is called, with its unit."""
    if "." in name:
        return name
    if name.endswith("_wei"):
        return f"{name.removesuffix('_wei').replace('_', ' ')} (ether)"
    if name == "wei_per_point":
        return "ether per point"
    return name.replace("_", " ")


def cell(name: str, value: Any) -> str:
    """Return one value; a dash if it is absent."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if name.endswith("_wei") or name == "wei_per_point":
        return ether_text(value) if isinstance(value, float) else minus(format_ether(value))
    if isinstance(value, float) and any(word in name for word in RATES) and "." not in name:
        return minus(f"{100 * value:.2f} %")
    if isinstance(value, float):
        return minus(f"{value:.4g}")
    return str(value)


def ether_text(wei: float, digits: int = DIGITS) -> str:
    """Return a mean amount in ether with so many digits that count, and no more than six decimals."""
    ether = float(wei) / 10**18
    if not ether:
        return "0"
    decimals = max(0, min(6, digits - 1 - math.floor(math.log10(abs(ether)))))
    return minus(f"{ether:.{decimals}f}")


def minus(text: str) -> str:
    """Return a number with a minus sign that is as wide as a plus."""
    return text.replace("-", "−", 1) if text.startswith("-") else text


def _is_end(name: str) -> bool:
    parts = name.removesuffix("_wei").split("_")
    return "low" in (parts[0], parts[-1]) or "high" in (parts[0], parts[-1])


def _interval(name: str, value: Any, low: Any, high: Any) -> str:
    """Return ``0.94 ± 0.02`` where both ends are equally far, else ``0.94 (0.90 to 0.97)``."""
    mean = cell(name, value)
    if mean == "–" or low is None or math.isnan(low):
        return mean
    below, above = value - low, high - value
    if math.isclose(below, above, rel_tol=1e-6, abs_tol=1e-12):
        return f"{mean.removesuffix(' %')} ± {cell(name, float(above))}"
    return f"{mean.removesuffix(' %')} ({cell(name, low).removesuffix(' %')} to {cell(name, high)})"
