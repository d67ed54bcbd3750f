"""How near to the threshold evaluations fall."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..frames import Keys, OfRun, frame_of
from ..tables import is_measured
from .payoffs import behaviour_of
from .source import Sample, Source, samples


@dataclass(frozen=True)
class Evaluation(OfRun):
    """One counted measurement.

    Attributes:
        task: Name of the task.
        model_id: The model.
        contributor: Whose it is.
        contributor_behaviour: How she behaves.
        verifier: Who measured.
        verifier_behaviour: How she behaves.
        margin: Fitness less reference, a fraction.
        distance: That less the MAFR: above zero the vote is for the model.
        passed: Whether it was.
    """

    task: str
    model_id: int
    contributor: str
    contributor_behaviour: str
    verifier: str
    verifier_behaviour: str
    margin: float
    distance: float
    passed: bool


@dataclass(frozen=True)
class Bin:
    """Evaluations whose distance to the MAFR lies from ``low`` on and below ``high``.

    Attributes:
        low: A fraction.
        high: A fraction.
        evaluations: How many.
        passed: How many of them were votes for the model.
    """

    low: float
    high: float
    evaluations: int
    passed: int


def evaluations(source: Source) -> pd.DataFrame:
    """Return a row a counted measurement, with the columns of ``Evaluation``; planted tests are left out.

    Args:
        source: A run, several, or the folder of a sweep.

    Raises:
        InputError: It is none of these.
    """
    return frame_of(Evaluation, (row for sample in samples(source) for row in evaluation_rows(sample)))


def evaluation_rows(sample: Sample) -> Iterator[tuple[Keys, Evaluation]]:
    """Give the rows of one run."""
    tasks = {row["task_id"]: row for row in sample.rows("tasks")}
    models = {row["model_id"]: row for row in sample.rows("models") if row["announced"]}
    behaves = {row["name"]: behaviour_of(row) for row in sample.rows("participants")}
    for seat in sample.rows("evaluations"):
        model = models.get(seat["model_id"])
        if not is_measured(seat) or model is None or model["planted"]:
            continue
        task = tasks[model["task_id"]]
        bps = seat["fitness_bps"] - seat["reference_bps"]
        yield (
            sample.keys,
            Evaluation(
                **sample.place,
                task=task["name"] or str(task["task_id"]),
                model_id=seat["model_id"],
                contributor=seat["contributor"],
                contributor_behaviour=behaves[seat["contributor"]],
                verifier=seat["verifier"],
                verifier_behaviour=behaves[seat["verifier"]],
                margin=bps / 10_000,
                distance=(bps - round(10_000 * task["mafr"])) / 10_000,
                passed=seat["passed"],
            ),
        )


def histogram(evaluations: pd.DataFrame, width: float = 0.01) -> pd.DataFrame:
    """Return how many evaluations lie how far from the MAFR, with the columns of ``Bin``.

    Zero is an edge between bins; a measurement that just equals the MAFR is no pass and lies above the edge.

    Args:
        evaluations: As ``evaluations`` returns them.
        width: Of a bin, a fraction.
    """
    if evaluations.empty:
        return frame_of(Bin, [])
    places = np.floor(evaluations["distance"].to_numpy(float) / width + 1e-9).astype(int)
    passed = evaluations["passed"].to_numpy(bool)
    bins = range(int(places.min()), int(places.max()) + 1)
    counts = [(place, places == place) for place in bins]
    return frame_of(
        Bin,
        (
            ({}, Bin(place * width, (place + 1) * width, int(own.sum()), int(passed[own].sum())))
            for place, own in counts
        ),
    )
