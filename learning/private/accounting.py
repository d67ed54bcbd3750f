"""How much privacy a training spends: epsilon by Google's ``dp-accounting``.

The accountant composes the privacy loss distributions (Koskela et al. 2020, arXiv:1906.03049; Doroshenko et
al. 2022, arXiv:2207.04380) of a Gaussian mechanism on a Poisson sample, step after step. It rounds against
us, so what it says is an upper bound.
"""

from functools import cache
from importlib.util import find_spec
from typing import Any

from ...errors import InputError
from .config import MAX_NOISE

_INTERVAL = 1e-3  # of the discretised privacy loss; 1e-4 gains 2 % of epsilon at most, in ten times the time
_LITTLE_NOISE = 0.4
_TOLERANCE = 1e-4


def require_accountant(field: str = "privacy") -> None:
    """Refuse private training where nobody could say what it is worth.

    Raises:
        InputError: ``dp-accounting`` is not installed.
    """
    if find_spec("dp_accounting") is None:
        raise InputError(field, "on", "it needs the accountant: pip install 'verifuse[privacy]'")


@cache
def spent_epsilon(noise: float, rate: float, steps: int, delta: float) -> float:
    """Return the epsilon of a whole training at ``delta``, for adding or removing one image.

    Args:
        noise: Noise multiplier, above 0.
        rate: Probability with which an image takes part in a step.
        steps: Number of steps.
        delta: The guarantee's second number.

    Raises:
        InputError: ``dp-accounting`` is not installed.
    """
    require_accountant()
    accountant = _fresh()
    accountant.compose(_event(noise, rate, steps))
    return float(accountant.get_epsilon(delta))


@cache
def noise_for(epsilon: float, rate: float, steps: int, delta: float) -> float:
    """Return the least noise multiplier with which a training spends at most ``epsilon`` at ``delta``.

    Raises:
        InputError: No noise up to ``MAX_NOISE`` is enough, or ``dp-accounting`` is not installed.
    """
    require_accountant()
    if spent_epsilon(MAX_NOISE, rate, steps, delta) > epsilon:
        allowed = f"more, or fewer steps: even noise of {MAX_NOISE:g} times the clipping norm spends more"
        raise InputError("privacy.epsilon", epsilon, allowed)
    import dp_accounting

    low = (
        _LITTLE_NOISE  # the accountant's work grows fast with less noise, so nobody starts from next to none
    )
    while spent_epsilon(low, rate, steps, delta) <= epsilon:
        low /= 1.5
    noise = dp_accounting.calibrate_dp_mechanism(
        _fresh,
        lambda noise: _event(noise, rate, steps),
        epsilon,
        delta,
        bracket_interval=dp_accounting.LowerEndpointAndGuess(low, max(1.0, 1.5 * low)),
        tol=_TOLERANCE,
    )
    return min(float(noise), MAX_NOISE)


def _fresh() -> Any:
    from dp_accounting import pld

    return pld.PLDAccountant(value_discretization_interval=_INTERVAL)


def _event(noise: float, rate: float, steps: int) -> Any:
    import dp_accounting

    step = dp_accounting.PoissonSampledDpEvent(rate, dp_accounting.GaussianDpEvent(noise))
    return dp_accounting.SelfComposedDpEvent(step, steps)
