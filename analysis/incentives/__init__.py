"""Do the incentives pay the right people? Figures from run records and sweeps, as documented frames."""

from .attacks import attack_accounts
from .books import Books, keep_books
from .budget import budgets
from .cartel import capture_chance, capture_limit, captures, panels
from .decisions import decisions, mistakes
from .deviations import gains_of_deviation
from .equilibria import equilibria, pure_equilibria, replicator
from .game import SymmetricGame, game_table, symmetric_game
from .inequality import gini, inequality
from .margins import evaluations, histogram
from .means import mean_payoffs
from .participation import equilibrium_participation
from .payoffs import payoffs
from .power import images_needed, majority_chance, mcnemar_power, power_table
from .rationality import individual_rationality
from .results import point_results
from .source import Sample, samples
from .welfare import welfare

__all__ = [
    "Books",
    "Sample",
    "SymmetricGame",
    "attack_accounts",
    "budgets",
    "capture_chance",
    "capture_limit",
    "captures",
    "decisions",
    "equilibria",
    "equilibrium_participation",
    "evaluations",
    "gains_of_deviation",
    "game_table",
    "gini",
    "histogram",
    "images_needed",
    "individual_rationality",
    "inequality",
    "keep_books",
    "majority_chance",
    "mcnemar_power",
    "mean_payoffs",
    "mistakes",
    "panels",
    "payoffs",
    "point_results",
    "power_table",
    "pure_equilibria",
    "replicator",
    "samples",
    "symmetric_game",
    "welfare",
]
