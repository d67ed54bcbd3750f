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
    from .holdings_figure import figure_holdings
    from .prediction import Prediction, predict
    from .report import Report, write_comparison, write_report, write_sweep_report
    from .worth.table import values

_LATER = {
    "Prediction": "prediction",
    "Report": "report",
    "figure_fused_accuracy": "figures",
    "figure_holdings": "holdings_figure",
    "figure_local_accuracy": "figures",
    "figure_payments": "figures",
    "figure_standalone_accuracy": "figures",
    "figure_timeline": "figures",
    "predict": "prediction",
    "values": "worth.table",
    "write_comparison": "report",
    "write_report": "report",
    "write_sweep_report": "report",
}

__all__ = [
    "Discrepancy",
    "Prediction",
    "Report",
    "accounts",
    "check_conservation",
    "contributors",
    "figure_fused_accuracy",
    "figure_holdings",
    "figure_local_accuracy",
    "figure_payments",
    "figure_standalone_accuracy",
    "figure_timeline",
    "predict",
    "recompute_payments",
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
