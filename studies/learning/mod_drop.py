"""What ModDrop promises, measured: a head that goes on telling when a fused model is missing later."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
import pandas as pd

from ...learning import FusedModel, FusionHead, PredictionJob, Workbench, decode_model, encode_fused
from ..findings import Section
from ..wording import percent, points
from .architectures import Whole


@dataclass(frozen=True)
class Missing:
    """A head that was fitted with all models, and used without one.

    Attributes:
        rate: The rate of ModDrop that it was fitted with.
        all_there: What it tells right of the held-out images with all models.
        one_missing: The same without each single model, whose features are zero then.
    """

    rate: float
    all_there: float
    one_missing: tuple[float, ...]


def run_missing(bench: Workbench, whole: Whole, rates: Sequence[float]) -> list[Missing]:
    """Fit the first verifier's head at each rate of ModDrop, and take every model away afterwards."""
    material = whole.material
    networks = tuple(decode_model(file) for file in whole.files)
    fusion = material.scenario.fusion
    configs = [fusion.model_copy(update={"mod_drop": rate}) for rate in rates]
    fits = [bench.fuse(material.fused(whole.files, config)) for config in configs]
    found = []
    for rate, fit in zip(rates, fits, strict=True):
        first = fit.result()[0]
        assert first.held_out_accuracy is not None, "all jobs of a study measure on held-out images"
        files = [encode_fused(FusedModel(networks, head)) for head in without_each(first.head, whole)]
        asked = [bench.predict(PredictionJob(file, material.held_out.images)) for file in files]
        right = [np.mean(job.result().argmax(1) == material.held_out.labels) for job in asked]
        found.append(Missing(rate, first.held_out_accuracy, tuple(float(share) for share in right)))
    return found


def without_each(head: FusionHead, whole: Whole) -> Iterator[FusionHead]:
    """Yield a head with the rows of A that belong to one model after the other set to zero."""
    end = 0
    for file in whole.files:
        start, end = end, end + decode_model(file).spec.hidden
        a = head.A.copy()
        a[start:end] = 0
        yield replace(head, A=a)


def mod_drop_section(found: Sequence[Sequence[Missing]]) -> Section:
    """Say what is left of a head when a model that it was fitted with cannot be had any more.

    Args:
        found: For each seed, the same rates.
    """
    rates = [list(same) for same in zip(*found, strict=True)]
    table = pd.DataFrame(
        {
            "ModDrop's rate": [f"{same[0].rate:g}" for same in rates],
            "all models there, %": [percent([one.all_there for one in same]) for same in rates],
            "one missing, mean, %": [percent([fmean(one.one_missing) for one in same]) for same in rates],
            "one missing, worst, %": [percent([min(one.one_missing) for one in same]) for same in rates],
            "lost by a missing one, points": [
                points([one.all_there - fmean(one.one_missing) for one in same]) for same in rates
            ],
        }
    )
    never, most = rates[0], rates[-1]
    spared = points([fmean(b.one_missing) - fmean(a.one_missing) for a, b in zip(never, most, strict=True)])
    price = points([b.all_there - a.all_there for a, b in zip(never, most, strict=True)])
    return Section(
        "A model that goes missing after the head was fitted",
        f"""
A fused model is used for longer than it is fitted: what if one of the files in it cannot be had any more,
and nobody has images to fit the head again? ModDrop (Neverova et al. 2016, doi:10.1109/TPAMI.2015.2461544)
drops whole models at random while the head is fitted, so that it learns to do without any one. One
verifier's head, {len(found)} seed(s), held-out images; a missing model's features are zero. From a rate of
{never[0].rate:g} to {most[0].rate:g}, what is told right without one model changes by {spared} points, and
with all models there by {price}.
""",
        table,
    )
