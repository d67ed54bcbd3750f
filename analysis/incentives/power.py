"""How large a verification sample and a panel must be to tell a model that helps from one that does not.

A model joins a base and both are measured on the same N images. Let p₁₀ be the share of images that only the
later one tells right and p₀₁ that of those that only the earlier one does: the gain is δ = p₁₀ − p₀₁, the
discordance ψ = p₁₀ + p₀₁, and the measured gain has the variance (ψ − δ²) / N. Panel members who measure on
the same images make the same error; those with images of their own do not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import InputError
from ..frames import frame_of

NODES = 64


@dataclass(frozen=True)
class Power:
    """How well a sample and a panel of some size notice a gain.

    Attributes:
        images: N, the verification images of a member.
        panel: Its members.
        shared: Whether all measure on the same images.
        standard_error: Of one member's measured gain, a fraction.
        vote: How likely one member's measurement lies above the threshold.
        majority: How likely more than half of the panel's do: with a real gain the power, without one the
            risk of paying for nothing.
        test: Power of McNemar's two-sided test at 5 % on one member's images.
    """

    images: int
    panel: int
    shared: bool
    standard_error: float
    vote: float
    majority: float
    test: float


def mcnemar_power(gain: float, discordance: float, images: int, level: float = 0.05) -> float:
    """Return the power of McNemar's two-sided test: Φ((|δ|√N − z√ψ) / √(ψ − δ²)).

    Connor 1987, *Sample size for testing differences in proportions for the paired-sample design*
    (doi:10.2307/2531961); the far tail is left out.

    Args:
        gain: δ, a fraction.
        discordance: ψ, at least as large and above zero.
        images: N.
        level: Of the test.

    Raises:
        InputError: The discordance is impossible.
    """
    from scipy.special import ndtr, ndtri

    _check(gain, discordance)
    spread = math.sqrt(discordance - gain**2)
    z = -float(ndtri(level / 2))
    return float(ndtr((abs(gain) * math.sqrt(images) - z * math.sqrt(discordance)) / spread))


def images_needed(gain: float, discordance: float, power: float = 0.8, level: float = 0.05) -> int:
    """Return how many images McNemar's two-sided test needs to see a gain, by the same source.

    Args:
        gain: δ, not zero.
        discordance: ψ.
        power: How likely it is to be seen.
        level: Of the test.

    Raises:
        InputError: The discordance is impossible, or there is no gain to see.
    """
    from scipy.special import ndtri

    _check(gain, discordance)
    if not gain:
        raise InputError("gain", gain, "a gain or loss; no number of images shows that there is none")
    z, beta = -float(ndtri(level / 2)), float(ndtri(power))
    root = z * math.sqrt(discordance) + beta * math.sqrt(discordance - gain**2)
    return math.ceil((root / gain) ** 2)


def majority_chance(
    gain: float,
    discordance: float,
    images: int,
    panel: int,
    *,
    threshold: float = 0.0,
    shared: bool = True,
    head_deviation: float = 0.0,
) -> float:
    """Return how likely more than half of a panel measure a gain above a threshold.

    A member's measurement is normal about δ; what comes from the images is common to all if they are shared,
    what comes from her own head's seed is hers. Given the common part votes are independent, so the chance is
    a binomial tail averaged over it by Gauss–Hermite quadrature. With images shared and no error of heads, a
    panel of any size is as good as one member.

    Args:
        gain: δ, a fraction.
        discordance: ψ.
        images: N of each member.
        panel: Members.
        threshold: What a measurement has to exceed, such as the MAFR for the fitness ``gain``.
        shared: Whether all measure on the same images.
        head_deviation: Standard deviation of a measured gain over head seeds on the same images, a fraction.

    Raises:
        InputError: The discordance is impossible, or there is no member.
    """
    from scipy.special import ndtr
    from scipy.stats import binom

    _check(gain, discordance)
    if panel < 1:
        raise InputError("panel", panel, "at least one member")
    images_variance, head_variance = (discordance - gain**2) / images, head_deviation**2
    common, own = (images_variance, head_variance) if shared else (0.0, images_variance + head_variance)
    if not own:
        return float(ndtr((gain - threshold) / math.sqrt(common)))
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    votes = ndtr((gain - threshold + math.sqrt(common) * nodes) / math.sqrt(own))
    return float(weights @ binom.sf(panel // 2, panel, votes) / math.sqrt(2 * math.pi))


def power_table(
    gain: float,
    discordance: float,
    images: Sequence[int] = (250, 1_000, 4_000, 16_000, 64_000),
    panels: Sequence[int] = (1, 3, 5, 9, 15, 31),
    *,
    threshold: float = 0.0,
    head_deviation: float = 0.0,
) -> pd.DataFrame:
    """Return a row for each sample size, panel size, and whether images are shared, as in ``Power``.

    Args:
        gain: δ, a fraction.
        discordance: ψ.
        images: Sizes of a member's verification sample.
        panels: Sizes of the panel.
        threshold: What a measurement has to exceed.
        head_deviation: Standard deviation over head seeds, a fraction.

    Raises:
        InputError: The discordance is impossible.
    """
    rows = []
    for number in images:
        error = math.sqrt((discordance - gain**2) / number + head_deviation**2)
        for panel in panels:
            for shared in (True, False):
                vote, majority = (
                    majority_chance(
                        gain,
                        discordance,
                        number,
                        members,
                        threshold=threshold,
                        shared=shared,
                        head_deviation=head_deviation,
                    )
                    for members in (1, panel)
                )
                test = mcnemar_power(gain, discordance, number)
                rows.append(({}, Power(number, panel, shared, error, vote, majority, test)))
    return frame_of(Power, rows)


def _check(gain: float, discordance: float) -> None:
    if not 0 < discordance <= 1 or abs(gain) > discordance or gain**2 == discordance:
        allowed = "above 0, at most 1, no less than the gain: images that only one of both gets right"
        raise InputError("discordance", discordance, allowed)
