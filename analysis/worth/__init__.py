"""What each model is worth, whoever voted for it: coalition games and their values."""

from .fused import LISTED_PLAYERS, FusedModels, fused_game, measure_worths, sample_fused
from .game import Game
from .margins import arrival_marginals, leave_one_out
from .recorded import recorded_models
from .sampling import SampledValues, sample_values
from .semivalues import banzhaf, shapley
from .table import values

__all__ = [
    "LISTED_PLAYERS",
    "FusedModels",
    "Game",
    "SampledValues",
    "arrival_marginals",
    "banzhaf",
    "fused_game",
    "leave_one_out",
    "measure_worths",
    "recorded_models",
    "sample_fused",
    "sample_values",
    "shapley",
    "values",
]
