"""How numbers stand on a page: per cent with their interval, bytes, counts."""

from collections.abc import Sequence

from ..analysis.series import Estimate, estimate
from ..units import ETHER


def percent(values: Sequence[float | None]) -> str:
    """Return rates as ``98.74 ± 0.44``, mean in per cent and 95 % interval; a dash if none was measured."""
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    found = estimate(known)
    shown = f"{100 * found.mean:.2f}"
    return shown if found.half_width is None else f"{shown} ± {100 * found.half_width:.2f}"


def rate(values: Sequence[float | None]) -> str:
    """Return rates as ``98.74 ± 0.44 %``."""
    return f"{percent(values)} %"


def points(values: Sequence[float]) -> str:
    """Return differences of rates as ``+1.25 ± 0.40`` percentage points."""
    found = estimate(values)
    shown = f"{100 * found.mean:+.2f}"
    return shown if found.half_width is None else f"{shown} ± {100 * found.half_width:.2f}"


def with_unit(value: float, unit: str = "") -> str:
    """Return a number with three digits and a prefix, such as ``3.45 M``; ``unit`` follows it."""
    for size, prefix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 0.9995 * size:
            return f"{value / size:.3g} {prefix}{unit}"
    return f"{value:.3g} {unit}".strip()


def interval(mean: float | None, low: float | None, high: float | None) -> str:
    """Return a rate in per cent with its interval, as ``21.6 (18.0 to 25.6)``; a dash if there is none."""
    if mean is None or mean != mean:
        return "–"
    shown = f"{100 * mean:.1f}"
    if low is None or high is None or low != low:
        return shown
    return f"{shown} ({100 * low:.1f} to {100 * high:.1f})"


def ether(mean_wei: float, low_wei: float | None, high_wei: float | None) -> str:
    """Return a mean of wei as ether with its interval, such as ``0.998 ± 0.012``."""
    shown = f"{mean_wei / ETHER:.3f}"
    if low_wei is None or high_wei is None:
        return shown
    return f"{shown} ± {(high_wei - low_wei) / 2 / ETHER:.3f}"


def signed_ether(mean_wei: float, low_wei: float | None, high_wei: float | None, decimals: int = 3) -> str:
    """Return a change in wei as ether with its interval, such as ``+0.998 ± 0.012``."""
    nothing = f"{0:.{decimals}f}"
    shown = f"{mean_wei / ETHER:+.{decimals}f}".replace(f"-{nothing}", f"+{nothing}")
    if low_wei is None or high_wei is None:
        return shown
    return f"{shown} ± {(high_wei - low_wei) / 2 / ETHER:.{decimals}f}"


def number(values: Sequence[float | None], decimals: int = 2) -> str:
    """Return a mean with its 95 % interval, such as ``498.7 ± 3.6``; a dash if nothing was measured."""
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    found = estimate(known)
    shown = f"{found.mean:,.{decimals}f}"
    return shown if found.half_width is None else f"{shown} ± {found.half_width:,.{decimals}f}"


def estimated_ether(found: Estimate, times: int = 1) -> str:
    """Return a change in wei, or so many of them, as ether with its interval."""
    low, high = (None if end is None else times * end for end in found.ends)
    return signed_ether(times * found.mean, low, high)
