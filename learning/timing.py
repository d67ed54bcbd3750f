"""How long a fusion head takes to fit: the seconds themselves, which no cache may answer."""

from time import perf_counter

from .baselines.jobs import FitTimingJob
from .cache import Cache
from .evaluation import decoded, features_of
from .fusion import FusionProblem, fit_heads


def time_fit(job: FitTimingJob, cache: Cache) -> float:
    """Return the seconds of a fit, without the models' features and without compiling.

    Raises:
        ModelFileError: A file cannot be trusted or does not fit.
    """
    fusion, data = job.fusion, job.fusion.data
    networks = decoded(fusion.model_files, (data.train,), fusion.classes)
    problem = FusionProblem(
        tuple(network.spec.hidden for network in networks),
        tuple(network.spec.classes for network in networks),
        fusion.classes,
    )
    blocks = [features_of(network, data.train, cache) for network in networks]
    once = fusion.config.model_copy(update={"epochs": 1, "warm_epochs": min(1, fusion.config.warm_epochs)})
    seconds = 0.0
    for config in (once, fusion.config):  # the first compiles
        begin = perf_counter()
        fit_heads(
            blocks, data.train.labels, problem, fusion.strategy, config, fusion.seeds, starts=job.starts
        )
        seconds = perf_counter() - begin
    return seconds
