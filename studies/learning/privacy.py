"""What shared models betray of private images, and what it costs to keep it.

Every contributor of a scenario trains as she does in its market; a stranger then attacks her model by two
kinds of membership inference. Shadow models, which the second kind needs, train on images of the same labels
that nobody in the market holds. Then all train once more with differential privacy, at several budgets.
"""

from collections.abc import Callable
from dataclasses import replace
from statistics import fmean
from typing import Annotated, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from ...agents import ContributorMember, scheme_of
from ...agents.config.base import refusal
from ...learning import (
    LABELS,
    LossesJob,
    PrivacyConfig,
    RecipeName,
    Scheme,
    ShareRequest,
    Strategy,
    TrainingJob,
    Workbench,
    load_data_set,
    partition,
)
from ...learning.private.membership import Exposure, calibrated_scores, exposure, threshold_scores
from ...scenarios import load
from ...seeds import derive_seed
from ..findings import Findings
from ..settings import Seed, StudySettings
from .case import Case
from .privacy_page import ATTACKS, STRATEGIES, Outcome, findings


class Settings(StudySettings):
    """What is attacked, by whom, and how it is protected.

    Attributes:
        scenario: Whose contributors: a shipped name or a file.
        overrides: ``key=value`` texts that change the scenario.
        recipes: How they train where nothing protects them; the first is compared with private training.
        shadows: Shadow models for each contributor.
        private_shadows: Shadow models for each contributor and epsilon; they train with the same privacy.
        epsilons: Budgets of private training, ascending.
        privacy: All else about private training.
        resamples: Bootstrap samples behind the intervals of a single seed.
    """

    seeds: tuple[Seed, ...] = Field(default=(1, 2, 3), min_length=1)
    scenario: str = "paper_2"
    overrides: tuple[str, ...] = ()
    recipes: tuple[RecipeName, ...] = Field(default=("plain", "augmented"), min_length=1)
    shadows: int = Field(default=4, ge=1, le=100)
    private_shadows: int = Field(default=2, ge=1, le=100)
    epsilons: tuple[Annotated[float, Field(ge=0.01, le=100)], ...] = (1.0, 3.0, 10.0, 30.0)
    privacy: PrivacyConfig = PrivacyConfig()
    resamples: int = Field(default=1000, ge=1, le=100_000)

    @field_validator("epsilons")
    @classmethod
    def _epsilons_ascend(cls, epsilons: tuple[float, ...]) -> tuple[float, ...]:
        if list(epsilons) != sorted(set(epsilons)):
            raise refusal("", list(epsilons), "each budget once, the smallest first")
        return epsilons

    @model_validator(mode="after")
    def _the_list_is_the_budget(self) -> Self:
        if self.privacy.is_on:
            raise refusal("privacy", "noise or epsilon", "neither: epsilons lists the budgets")
        if self.private_shadows > self.shadows:
            raise refusal("private_shadows", self.private_shadows, f"at most shadows, {self.shadows}")
        return self


def study(settings: Settings, bench: Workbench, tell: Callable[[str], None]) -> Findings:
    """Attack every shared model, plain and private."""
    unprotected: dict[str, list[Outcome]] = {recipe: [] for recipe in settings.recipes}
    private: dict[float, list[Outcome]] = {epsilon: [] for epsilon in settings.epsilons}
    for seed in settings.seeds:
        for recipe in settings.recipes:
            tell(f"seed {seed}: the {recipe} recipe, {settings.shadows} shadows to each model")
            case = _case(settings, recipe, seed)
            unprotected[recipe].append(
                _outcome(case, _shadows(case, settings.shadows), None, bench, settings.resamples)
            )
        case = _case(settings, settings.recipes[0], seed)
        shadows = _shadows(case, settings.private_shadows)
        for epsilon in settings.epsilons:
            tell(f"seed {seed}: private training with an epsilon of {epsilon:g}")
            privacy = settings.privacy.model_copy(update={"epsilon": epsilon})
            private[epsilon].append(_outcome(case, shadows, privacy, bench, settings.resamples))
    return findings(settings, unprotected, private)


def _case(settings: Settings, recipe: RecipeName, seed: int) -> Case:
    overrides = [*settings.overrides, f"recipe={recipe}"]
    return Case(load(settings.scenario, overrides, seed=seed).resolved())


def _shadows(case: Case, count: int) -> list[list[TrainingJob]]:
    """Return trainings like each contributor's, on images of the same labels that the market leaves over."""
    scenario, own = case.scenario, case.scenario.contributors.members

    def request(
        member: ContributorMember, name: str, labels: tuple[int, ...], verification: int, scheme: Scheme
    ) -> ShareRequest:
        who = member.settings
        return ShareRequest(
            name, labels, who.train, who.test, verification, field="contributors", scheme=scheme
        )

    known = [job.data.labels for job in case.trainings]
    requests = [
        request(one, one.name, labels, one.settings.verification, scheme_of(one.settings))
        for one, labels in zip(own, known, strict=True)
    ]
    names = [[f"{one.name}, shadow {number}" for number in range(1, count + 1)] for one in own]
    for one, labels, row in zip(own, known, names, strict=True):
        requests += [request(one, name, labels, len(labels), LABELS) for name in row]
    data_set = load_data_set(scenario.data.set, field="data.set")
    dealt = partition(data_set, requests, scenario.seed).shares
    return [
        [replace(job, data=dealt[name], seed=derive_seed(scenario.seed, "training", name)) for name in row]
        for job, row in zip(case.trainings, names, strict=True)
    ]


def _outcome(
    case: Case,
    shadows: list[list[TrainingJob]],
    privacy: PrivacyConfig | None,
    bench: Workbench,
    resamples: int,
) -> Outcome:
    own = [bench.train(replace(job, privacy=privacy)) for job in case.trainings]
    others = [[bench.train(replace(job, privacy=privacy)) for job in row] for row in shadows]
    results = [future.result() for future in own]
    files = tuple(result.model_file for result in results)
    fused = {strategy: bench.fuse(case.fusion(files, strategy)) for strategy in STRATEGIES}
    attacked: dict[str, list[Exposure]] = {attack: [] for attack in ATTACKS}
    for job, file, row in zip(case.trainings, files, others, strict=True):
        asked = [file, *(future.result().model_file for future in row)]
        losses = [
            [bench.losses(LossesJob(one, part)) for one in asked]
            for part in (job.data.train, job.data.verification)
        ]
        measured = [np.stack([future.result() for future in part]) for part in losses]
        scores = {
            ATTACKS[0]: [threshold_scores(part[0]) for part in measured],
            ATTACKS[1]: [calibrated_scores(part[0], part[1:]) for part in measured],
        }
        for attack, (members, strangers) in scores.items():
            attacked[attack].append(exposure(members, strangers, case.scenario.seed, resamples))
    accuracies: dict[Strategy, float] = {
        strategy: fmean(one.verification.accuracy for one in fused[strategy].result())
        for strategy in STRATEGIES
    }
    return Outcome(results, accuracies, attacked)
