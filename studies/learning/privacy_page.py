"""The page of the study of privacy: its words, tables and figures."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from statistics import fmean
from typing import TYPE_CHECKING

import pandas as pd

from ...analysis.series import Estimate, estimate
from ...learning import Strategy, TrainingResult, decode_model
from ...learning.private.membership import Exposure, Ranged
from ..findings import Findings, Section

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .privacy import Settings

ATTACKS = ("loss threshold", "shadow-calibrated")
_PARTS = (("auc", 0.0), ("advantage", -1.0), ("found", 0.0))
STRATEGIES: tuple[Strategy, ...] = ("I", "II")


@dataclass(frozen=True, eq=False)
class Outcome:
    """One market's models under one way to train: what they are worth and what they betray.

    Attributes:
        results: Each contributor's.
        fused: Accuracy of all models fused, by strategy.
        exposures: Each contributor's, by attack.
    """

    results: list[TrainingResult]
    fused: dict[Strategy, float]
    exposures: dict[str, list[Exposure]]


def findings(
    settings: "Settings",
    plain: dict[str, list[Outcome]],
    private: dict[float, list[Outcome]],
) -> Findings:
    """Say what was found.

    Args:
        settings: What was asked.
        plain: Outcomes of each seed without protection, by recipe.
        private: The same with it, by epsilon.
    """
    changed = "".join(f" {shlex.quote(one)}" for one in _said(settings))
    sections = [
        Section("What a shared model betrays", _betrayed(settings, plain), _exposures(plain)),
        Section("What that means for a person", _meaning(settings, plain)),
    ]
    if private:
        first = plain[settings.recipes[0]]
        sections += [
            Section(
                "What protection costs",
                _cost(settings, first, private),
                _budgets(first, private),
                ("accuracy_and_epsilon", _accuracy_figure(settings, first, private)),
            ),
            Section(
                "What protection brings",
                _gain(settings, first, private),
                None,
                ("attacks_and_epsilon", _attack_figure(settings, first, private)),
            ),
        ]
    sections.append(Section("What these numbers do not say", _LIMITS))
    return Findings("Privacy, measured", f"verifuse study privacy{changed}", tuple(sections))


def _said(settings: "Settings") -> list[str]:
    given = settings.model_dump(exclude_defaults=True, mode="json")
    inner = {f"privacy.{key}": value for key, value in given.pop("privacy", {}).items()}
    return [
        f"{key}={value if isinstance(value, str) else json.dumps(value)}"
        for key, value in {**given, **inner}.items()
    ]


_LIMITS = """
Membership inference bounds leakage from below: an attack that succeeds proves a leak, one that fails proves
nothing. Stronger attacks exist (dozens of shadow models and a likelihood ratio for each image; Carlini et al.
2022), and a member is not all there is to learn: models can be inverted, and labels are announced openly.

Differential privacy bounds it from above, for every attack, but only for what it was told of. It protects one
training image at a time, not a person with many. It does not count the contributor's own test images, which
decide whether a finished model reaches the announcing threshold, nor any choice of steps, clipping or step
size that was tried on private data before. The noise of a simulation comes from the run's seed, so that runs
can be repeated; who knows the seed can take it away again."""


def _betrayed(settings: "Settings", plain: dict[str, list[Outcome]]) -> str:
    images = plain[settings.recipes[0]][0].results[0].train_samples
    over = (
        f"over {len(settings.seeds)} seeds" if len(settings.seeds) > 1 else "of the bootstrap, for one seed"
    )
    return (
        f"Every model of `{settings.scenario}` was asked about the {images} images that it was trained on "
        "and about its owner's verification images, which bear the same labels and took no part in training. "
        "*AUC* is the probability that an attack ranks a member above a stranger (0.5 is guessing), "
        "*advantage* its true minus its false positive rate at a threshold chosen on other images (0 is "
        "guessing), *found* the share of members that it names while it is wrong about 1 % of strangers at "
        f"most (1 % is guessing). Brackets are 95 % intervals {over}.\n\n"
        "The loss-threshold attack needs nothing but the model (Yeom et al. 2018); the shadow-calibrated one "
        f"compares each image's loss with what {settings.shadows} models of strangers make of it (Watson et "
        "al. 2022)."
    )


def _meaning(settings: "Settings", plain: dict[str, list[Outcome]]) -> str:
    lines = []
    for recipe, outcomes in plain.items():
        attack = max(ATTACKS, key=lambda one: _mean(outcomes, one, "auc").mean)
        area, edge = _mean(outcomes, attack, "auc").mean, _mean(outcomes, attack, "advantage").mean
        found = _mean(outcomes, attack, "found").mean
        lines.append(
            f"With the {recipe} recipe the stronger attack is the {attack} one. Shown one image from a "
            f"contributor's training set and one that is not in it, it picks the right one {100 * area:.1f} "
            "times in 100, where a coin does 50 times. Asked about one image that is as likely in as out, it "
            f"is right {50 + 50 * edge:.1f} times in 100. Where it may accuse only 1 in 100 falsely, it "
            f"names {100 * found:.1f} of 100 members."
        )
    lines.append(
        "An average hides who is hit: the images that are named first are the odd ones, which a model has to "
        "learn by heart, and their owners do not live in the mean. Whoever needs to be sure that nobody can "
        "tell needs the guarantee below, not a weak attack."
    )
    return "\n\n".join(lines)


def _exposures(plain: dict[str, list[Outcome]]) -> pd.DataFrame:
    rows = []
    for recipe, outcomes in plain.items():
        for attack in ATTACKS:
            for place, result in enumerate(outcomes[0].results):
                labels = " ".join(map(str, decode_model(result.model_file).spec.classes))
                own = [one.exposures[attack][place] for one in outcomes]
                local = estimate([one.results[place].local_accuracy for one in outcomes])
                cells = [_cell([getattr(one, part) for one in own], least) for part, least in _PARTS]
                rows.append([recipe, attack, f"{place + 1}: {labels}", f"{100 * local.mean:.1f} %", *cells])
            means = [_text(_mean(outcomes, attack, part), least) for part, least in _PARTS]
            local = fmean(result.local_accuracy for one in outcomes for result in one.results)
            rows.append([recipe, attack, "mean", f"{100 * local:.1f} %", *means])
    names = ["recipe", "attack", "contributor", "local accuracy", "AUC", "advantage", "found at 1 %"]
    return pd.DataFrame(rows, columns=names)


def _cell(measured: Sequence[Ranged], least: float) -> str:
    if len(measured) == 1:
        (one,) = measured
        return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"
    return _text(estimate([one.value for one in measured]), least)


def _text(found: Estimate, least: float = 0.0) -> str:
    if found.half_width is None:
        return f"{found.mean:.3f}"
    low, high = max(least, found.mean - found.half_width), min(1.0, found.mean + found.half_width)
    return f"{found.mean:.3f} [{low:.3f}, {high:.3f}]"


def _mean(outcomes: Sequence[Outcome], attack: str, part: str) -> Estimate:
    """Return the mean over contributors; its interval is over seeds."""
    return estimate([fmean(getattr(one, part).value for one in each.exposures[attack]) for each in outcomes])


def _local(outcomes: Sequence[Outcome]) -> Estimate:
    return estimate([fmean(result.local_accuracy for result in each.results) for each in outcomes])


def _fused(outcomes: Sequence[Outcome], strategy: Strategy) -> Estimate:
    return estimate([each.fused[strategy] for each in outcomes])


def _budgets(first: Sequence[Outcome], private: dict[float, list[Outcome]]) -> pd.DataFrame:
    rows = []
    for budget, outcomes in [*private.items(), (None, first)]:
        results = [result for each in outcomes for result in each.results]
        rows.append(
            [
                "none" if budget is None else f"{max(result.epsilon or 0 for result in results):.3g}",
                _text(_local(outcomes)),
                *(_text(_fused(outcomes, strategy)) for strategy in STRATEGIES),
                f"{sum(result.reached for result in results)} of {len(results)}",
                *(_text(_mean(outcomes, attack, "auc")) for attack in ATTACKS),
            ]
        )
    names = ["epsilon", "local", "fused, Strategy I", "fused, Strategy II", "announced"]
    return pd.DataFrame(rows, columns=[*names, *(f"AUC, {attack}" for attack in ATTACKS)])


def _cost(settings: "Settings", first: Sequence[Outcome], private: dict[float, list[Outcome]]) -> str:
    privacy, images = settings.privacy, first[0].results[0].train_samples
    lines = [
        f"DP-SGD (Abadi et al. 2016) with {privacy.steps} steps, each on a Poisson sample of "
        f"{min(privacy.batch, images)} of the {images} images on average, gradients clipped to "
        f"{privacy.clip:g}, delta {privacy.delta:g}; the noise follows from epsilon. It is compared with the "
        f"{settings.recipes[0]} recipe, which also trains as long as it likes, so the step from there to the "
        "largest epsilon is not the noise's alone. *Announced* are models that reach the task's threshold."
    ]
    for epsilon, outcomes in private.items():
        lost = 100 * (_local(first).mean - _local(outcomes).mean)
        fused = 100 * (_fused(first, "II").mean - _fused(outcomes, "II").mean)
        lines.append(
            f"- Epsilon {epsilon:g} costs {lost:.1f} points of local accuracy and {fused:.1f} points of the "
            "accuracy of all models fused by Strategy II. It promises that nothing seen of the model changes "
            f"the odds that an image was in by more than a factor of {_factor(epsilon)} (but for delta)."
        )
    return "\n\n".join([lines[0], "\n".join(lines[1:])])


def _factor(epsilon: float) -> str:
    return f"{exp(epsilon):,.1f}" if epsilon < 7 else f"{exp(epsilon):.0e}, next to no promise"


def _gain(settings: "Settings", first: Sequence[Outcome], private: dict[float, list[Outcome]]) -> str:
    parts = []
    for attack in ATTACKS:
        before = _mean(first, attack, "auc").mean
        after = ", ".join(
            f"{_mean(outcomes, attack, 'auc').mean:.3f} at epsilon {epsilon:g}"
            for epsilon, outcomes in private.items()
        )
        parts.append(f"The {attack} attack's mean AUC is {before:.3f} without protection; it is {after}.")
    return (
        " ".join(parts)
        + f" Shadows of a private model ({settings.private_shadows} of them) train with the same epsilon."
    )


def _accuracy_figure(
    settings: "Settings", first: Sequence[Outcome], private: dict[float, list[Outcome]]
) -> "Figure":
    from ...analysis.drawing import BLUE, GREEN, ORANGE

    lines = [
        ("own verification images", BLUE, "o", "-", [_local(one) for one in [*private.values(), first]]),
        *(
            (
                f"all fused, Strategy {strategy}",
                colour,
                marker,
                style,
                [_fused(one, strategy) for one in [*private.values(), first]],
            )
            for strategy, colour, marker, style in zip(
                STRATEGIES, (GREEN, ORANGE), "s^", ("--", "-."), strict=True
            )
        ),
    ]
    return _draw("What differential privacy costs", "accuracy", settings, lines)


def _attack_figure(
    settings: "Settings", first: Sequence[Outcome], private: dict[float, list[Outcome]]
) -> "Figure":
    from ...analysis.drawing import BLUE, ORANGE

    lines = [
        (
            f"{attack} attack",
            colour,
            marker,
            style,
            [_mean(one, attack, "auc") for one in [*private.values(), first]],
        )
        for attack, colour, marker, style in zip(ATTACKS, (BLUE, ORANGE), "o^", ("-", "-."), strict=True)
    ]
    return _draw("What differential privacy brings", "AUC", settings, lines)


Line = tuple[str, str, str, str, list[Estimate]]


def _draw(title: str, what: str, settings: "Settings", lines: Sequence[Line]) -> "Figure":
    from ...analysis.drawing import GREY, NORMAL, legend_below, new_figure, percent_axis

    count = len(settings.seeds)
    bands = f"Bands: 95 % intervals over {count} seeds." if count > 1 else "One seed, so there are no bands."
    figure, axes = new_figure(
        title, f"{settings.scenario}, mean over its contributors; delta {settings.privacy.delta:g}. {bands}"
    )
    places = [*settings.epsilons, settings.epsilons[-1] * 4]
    values: list[float] = []
    for label, colour, marker, style, found in lines:
        means = [one.mean for one in found]
        axes.plot(places[:-1], means[:-1], style, color=colour, marker=marker, label=label)
        axes.plot(places[-2:], means[-2:], ":", color=colour, linewidth=1)
        axes.plot(places[-1:], means[-1:], color=colour, marker=marker)
        wide = [one.half_width or 0.0 for one in found]
        low = [max(0.0, mean - half) for mean, half in zip(means, wide, strict=True)]
        high = [min(1.0, mean + half) for mean, half in zip(means, wide, strict=True)]
        if count > 1:
            axes.fill_between(places[:-1], low[:-1], high[:-1], color=colour, alpha=0.15, linewidth=0)
            axes.vlines(places[-1:], low[-1:], high[-1:], color=colour, linewidth=1.5)
        values += [*low, *high]
    axes.set_xscale("log")
    axes.set_xticks(places, [*(f"{epsilon:g}" for epsilon in settings.epsilons), "no\nprotection"])
    axes.minorticks_off()
    axes.set_xlabel("epsilon (log scale): small is private", fontsize=NORMAL)
    if what == "AUC":
        axes.axhline(0.5, color=GREY, linewidth=1)
        axes.annotate(
            "guessing",
            (places[-1], 0.5),
            (0, -11),
            textcoords="offset points",
            color=GREY,
            fontsize=9,
            ha="right",
        )
        low, high = min([0.48, *values]), max([0.6, *values])
        axes.set_ylim(max(0.0, low - 0.02), min(1.0, high + 0.02))
        axes.set_ylabel("AUC of the attack\n(axis does not start at 0)", fontsize=NORMAL)
    else:
        percent_axis(axes, values, what)
    legend_below(axes)
    return figure
