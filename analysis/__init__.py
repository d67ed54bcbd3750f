"""Run records as tables, figures, a report page, stories and models' worths; money checked to the wei."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .conservation import Discrepancy, check_conservation, recompute_payments
from .story import tell
from .tables import accounts, contributors, tasks, verifiers, votes

if TYPE_CHECKING:
    from .figures import (
        figure_fused_accuracy,
        figure_local_accuracy,
        figure_payments,
        figure_standalone_accuracy,
        figure_timeline,
    )
    from .fusing import Fused, along_gamma, fuse
    from .gamma_figure import figure_gamma
    from .head_figure import figure_head
    from .holdings_figure import figure_holdings
    from .prediction import Prediction, predict
    from .report import Report, write_comparison, write_report, write_sweep_report
    from .report.shown import shown
    from .sweep_figures import (
        figure_accuracy,
        figure_deviations,
        figure_drift,
        figure_margins,
        figure_money,
        figure_payoffs,
        figure_price,
    )
    from .worth.table import values

_LATER = {
    "Fused": "fusing",
    "Prediction": "prediction",
    "Report": "report",
    "along_gamma": "fusing",
    "figure_accuracy": "sweep_figures",
    "figure_deviations": "sweep_figures",
    "figure_drift": "sweep_figures",
    "figure_fused_accuracy": "figures",
    "figure_gamma": "gamma_figure",
    "figure_head": "head_figure",
    "figure_holdings": "holdings_figure",
    "figure_local_accuracy": "figures",
    "figure_margins": "sweep_figures",
    "figure_money": "sweep_figures",
    "figure_payments": "figures",
    "figure_payoffs": "sweep_figures",
    "figure_price": "sweep_figures",
    "figure_standalone_accuracy": "figures",
    "figure_timeline": "figures",
    "fuse": "fusing",
    "predict": "prediction",
    "shown": "report.shown",
    "values": "worth.table",
    "write_comparison": "report",
    "write_report": "report",
    "write_sweep_report": "report",
}

__all__ = [
    "Discrepancy",
    "Fused",
    "Prediction",
    "Report",
    "accounts",
    "along_gamma",
    "check_conservation",
    "contributors",
    "figure_accuracy",
    "figure_deviations",
    "figure_drift",
    "figure_fused_accuracy",
    "figure_gamma",
    "figure_head",
    "figure_holdings",
    "figure_local_accuracy",
    "figure_margins",
    "figure_money",
    "figure_payments",
    "figure_payoffs",
    "figure_price",
    "figure_standalone_accuracy",
    "figure_timeline",
    "fuse",
    "predict",
    "recompute_payments",
    "shown",
    "tasks",
    "tell",
    "values",
    "verifiers",
    "votes",
    "write_comparison",
    "write_report",
    "write_sweep_report",
]


def __getattr__(name: str) -> Any:
    """Load what draws or predicts only when it is asked for: matplotlib takes most of a second."""
    if name in _LATER:
        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Name what is loaded later as well."""
    return sorted({*globals(), *__all__})
