"""What the study of junk found, in tables and words."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import pandas as pd

from ...analysis.series import estimate
from ...learning import COPY_DISTANCE, RecipeName
from ..findings import Section
from ..wording import points
from .case import Case
from .junk_tests import FUSED, JUNK, TESTS, Runs, separate
from .paired import PairedDifference, images_needed

Z = 1.96
"""Standard errors that a difference must have to be seen in a two-sided test at 5 %."""


def sections_of(runs: Mapping[RecipeName, Runs], case: Case) -> list[Section]:
    """Return a section on each recipe's runs, and one on all.

    Args:
        runs: What was measured.
        case: Any of those that it was measured on.
    """
    last = "fifth" if len(case.trainings) == 5 else "last"
    first, *others = [
        Section(f"An honest {last} model and junk, {recipe}", _recipe_words(rows), _recipe_table(rows))
        for recipe, rows in runs.items()
    ]
    first = Section(first.heading, f"{_models(case)}\n\n{_numbers(case)}\n\n{first.text}", first.table)
    return [
        first,
        *others,
        Section("Which test tells which junk", _separation_words(runs), _separation_table(runs)),
    ]


def _models(case: Case) -> str:
    scenario = case.scenario
    return (
        f"The first {len(case.trainings) - 1} models of the scenario `{scenario.name}` are fused by Strategy "
        f"{scenario.task.strategy}; then one more joins them. *Honest* is the last contributor's. A *copy* "
        "is the file of the model before it, announced again. *Random weights* are the honest one's network "
        "before any training. *Shuffled labels* is her network trained on her images with their labels "
        "shuffled among them, for as many epochs as the honest one took, with the last weights: her own "
        "testing data, whose labels are right, would have ended that at once."
    )


def _numbers(case: Case) -> str:
    return (
        "A change is the accuracy of the fused model with the new one less that without it. Its error is the "
        "paired one, from the differences image by image. These are means over the panel's heads, so both "
        "are a little better than what one verifier has. The *sample* is the "
        f"{len(case.sample.verification):,} images that verifiers vote on; {len(case.held_out):,} *held-out* "
        "images are known to nobody in a market. The z of the log-loss is its paired change in standard "
        "errors; below 0 the loss fell. *Stand-alone accuracy* is the model's own on the sample's images of "
        "the labels that it declares; the *one-model probe* is a head fitted on its features alone; the "
        "*distance* counts the bits in which its fingerprint differs from the nearest earlier one's, and at "
        f"most {COPY_DISTANCE} make a copy. Intervals are 95 % over the seeds; in brackets are the least and "
        "the most."
    )


def _recipe_table(runs: Runs) -> pd.DataFrame:
    kinds = list(runs[0])
    columns: dict[str, list[str]] = {"model": kinds}
    for test in TESTS:
        cells = [test.shown([test.value(seed[kind]) for seed in runs]) for kind in kinds]
        columns[f"{test.name}, {test.unit}"] = cells
        if test.paired is not None:
            errors = [fmean(seed[kind].right[test.paired].standard_error for seed in runs) for kind in kinds]
            columns[f"error of the {test.name}"] = [f"{100 * error:.2f}" for error in errors]
    return pd.DataFrame(columns)


def _recipe_words(runs: Runs) -> str:
    sample, held_out = ([seed["honest"].right[place] for seed in runs] for place in (0, 1))
    junk = [seed[kind].right[0] for seed in runs for kind in JUNK]
    size = (
        f"The honest model changes the accuracy by {points([one.mean for one in sample])} points on the "
        f"{sample[0].images:,} images of the sample, where one run's error is "
        f"{100 * fmean(one.standard_error for one in sample):.2f}, and by "
        f"{points([one.mean for one in held_out])} on the {held_out[0].images:,} held-out ones. "
        f"{needed(held_out)}"
    )
    votes = (
        f"On the sample its gain is larger than {Z} of its errors in {_beyond(sample)}, junk's in "
        f"{_beyond(junk)}. A vote that asks for any gain at all would pay for the honest model in "
        f"{_positive(sample)}, and for junk in {_positive(junk)}."
    )
    called = {kind: sum(seed[kind].distance <= COPY_DISTANCE for seed in runs) for kind in runs[0]}
    mistakes = [f"{kind} in {count}" for kind, count in called.items() if kind != "copy"]
    copies = (
        f"By its fingerprint the copy counts as one in {called['copy']} of {len(runs)} runs, and by mistake "
        f"{', '.join(mistakes)}."
    )
    return "\n\n".join([size, votes, copies])


def _beyond(differences: Sequence[PairedDifference]) -> str:
    return _of(sum(one.z > Z for one in differences), len(differences))


def _positive(differences: Sequence[PairedDifference]) -> str:
    return _of(sum(one.mean > 0 for one in differences), len(differences))


def _of(count: int, all_: int) -> str:
    return f"{count} of {all_} {'run' if all_ == 1 else 'runs'}"


def needed(differences: Sequence[PairedDifference]) -> str:
    """Say how many images would show a gain as large as the mean of these, one a seed."""
    gain = estimate([one.mean for one in differences])
    deviation = fmean(one.deviation**2 for one in differences) ** 0.5
    if gain.mean <= 0:
        words = "The mean is no gain, so no number of images would show one"
    else:
        count = images_needed(gain.mean, deviation)
        words = f"To see a gain of that size at 5 % with a power of 80 %, {count:,} images are needed"
    top = gain.mean + (gain.half_width or 0.0)
    if gain.half_width is None or top <= 0:
        return f"{words}."
    return f"{words}; for one at the upper end of its interval, {images_needed(top, deviation):,}."


def _separation_table(runs: Mapping[RecipeName, Runs]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"recipe": recipe, "test": test.name} | {kind: str(separate(rows, test, kind)) for kind in JUNK}
            for recipe, rows in runs.items()
            for test in TESTS
        ]
    )


def _separation_words(runs: Mapping[RecipeName, Runs]) -> str:
    apart: dict[str, list[str]] = {kind: [] for kind in JUNK}
    counts = []
    for test in TESTS:
        found = {kind: [separate(rows, test, kind) for rows in runs.values()] for kind in JUNK}
        for kind in JUNK:
            if all(one.apart for one in found[kind]):
                apart[kind].append(test.name)
        every = [one for row in found.values() for one in row]
        counts.append(f"{test.name} {sum(one.better for one in every)} of {sum(one.seeds for one in every)}")
    lines = [f"- {kind}: {', '.join(apart[kind]) or 'none'}" for kind in JUNK]
    return "\n\n".join(
        [
            "A cell counts the runs in which the honest model is better than the junk. It says *apart* where "
            "the worst honest model of all runs is better than the best junk, so that one threshold tells "
            "them. Apart in every recipe are, from",
            "\n".join(lines),
            f"Runs in which the honest model is better than junk of any kind: {', '.join(counts)}. Tossing a "
            "coin gives half.",
            _conclusion(apart),
        ]
    )


def _conclusion(apart: Mapping[str, Sequence[str]]) -> str:
    every = [test.name for test in FUSED if all(test.name in apart[kind] for kind in JUNK)]
    fused = {test.name for test in FUSED}
    alone = {kind: [name for name in apart[kind] if name not in fused] for kind in JUNK}
    told = [f"{kind} by {' or '.join(names)}" for kind, names in alone.items() if names]
    missed = [kind for kind, names in alone.items() if not names]
    rest = f", but not {' or '.join(missed)}" if missed and told else ""
    return (
        f"Of the tests that look at the fused model, {' and '.join(every) or 'none'} "
        f"{'tell' if len(every) > 1 else 'tells'} honest from every kind of junk. Those that look at the new "
        f"model alone tell {'; '.join(told) or 'none'}{rest}."
    )
