"""All figures behind one door; each is a ``matplotlib`` figure that touches no global state."""

from .accuracy_figures import figure_fused_accuracy, figure_local_accuracy, figure_numbers
from .payments_figure import figure_payments
from .standalone_figure import figure_standalone_accuracy
from .timeline_figure import figure_timeline

__all__ = [
    "figure_fused_accuracy",
    "figure_local_accuracy",
    "figure_numbers",
    "figure_payments",
    "figure_standalone_accuracy",
    "figure_timeline",
]
