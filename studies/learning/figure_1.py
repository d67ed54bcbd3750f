"""The paper's Figure 1, measured: a central server, a central controller, cooperation without a centre."""

from collections.abc import Callable, Sequence
from typing import Annotated

import pandas as pd
from pydantic import Field, model_validator

from ...agents.config.base import refusal
from ...learning import FederationConfig, FederationResult, Workbench
from ..findings import Findings, Section
from ..settings import StudySettings
from ..wording import percent
from .architectures import FUSED, Loss, Whole, grid, run_losses, run_whole, tune, votes
from .figure_1_sections import accuracy_section, computing_section, traffic_section, vanishing_section
from .material import gather
from .mod_drop import Missing, mod_drop_section, run_missing
from .traffic import loads, sizes

Rate = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1, le=100_000)]


class Settings(StudySettings):
    """What is compared on which data.

    Attributes:
        scenario: Whose data, networks and trainings: a shipped scenario or a file.
        changes: ``key=value`` changes of the scenario, such as ``"recipe=augmented"``.
        vanishing: Of the seeds, how many first ones also lose every single party or model.
        rates: Step sizes of plain gradient descent that federated averaging is tried with.
        adam_rates: Step sizes of Adam, likewise.
        local_epochs: Epochs of a contributor in a round, likewise.
        momenta: Momenta of the controller, likewise.
        epochs: The most epochs of a contributor in all rounds.
        patience: Her epochs without a better loss of the controller's after which the rounds end.
        mod_drops: Rates of ModDrop that heads are fitted with before a model goes missing.
    """

    scenario: str = "paper_2"
    changes: tuple[str, ...] = ()
    vanishing: int = Field(default=3, ge=1)
    rates: tuple[Rate, ...] = (0.03, 0.1, 0.3)
    adam_rates: tuple[Rate, ...] = (1e-3,)
    local_epochs: tuple[Count, ...] = Field(default=(1, 5), min_length=1)
    momenta: tuple[Annotated[float, Field(ge=0, lt=1)], ...] = Field(default=(0.0, 0.5), min_length=1)
    epochs: int = Field(default=300, ge=1, le=100_000)
    patience: int = Field(default=60, ge=1, le=100_000)
    mod_drops: tuple[Annotated[float, Field(ge=0, lt=1)], ...] = Field(default=(0.0, 0.2, 0.5), min_length=2)

    @model_validator(mode="after")
    def _rounds_are_whole(self) -> "Settings":
        if max(self.local_epochs) > self.epochs:
            raise refusal("local_epochs", list(self.local_epochs), f"at most epochs, {self.epochs}")
        if not self.rates and not self.adam_rates:
            raise refusal("rates", [], "at least one step size here or in adam_rates")
        return self


def study(settings: Settings, bench: Workbench, tell: Callable[[str], None]) -> Findings:
    """Compare the three architectures, and take every party away."""
    first = gather(settings.scenario, settings.changes, settings.seeds[0])
    tried = list(
        grid(
            [
                *(("sgd", rate) for rate in settings.rates),
                *(("adam", rate) for rate in settings.adam_rates),
            ],
            settings.local_epochs,
            settings.momenta,
            settings.epochs,
            settings.patience,
            first.scenario.training.augmentation,
        )
    )
    tell(f"federated averaging is tried with {len(tried)} settings")
    ranking = tune(bench, first, tried)
    config = ranking[0][0]
    wholes: list[Whole] = []
    losses: list[list[Loss]] = []
    panels: list[list[list[bool]]] = []
    missing: list[list[Missing]] = []
    for place, seed in enumerate(settings.seeds):
        whole = run_whole(bench, gather(settings.scenario, settings.changes, seed), config)
        wholes.append(whole)
        tell(f"seed {seed}: (c) tells {percent([whole.accuracies[FUSED][0]])} % right")
        if place < settings.vanishing:
            losses.append(run_losses(bench, whole, config, tell))
            panels.append(votes(bench, whole))
            missing.append(run_missing(bench, whole, settings.mod_drops))
    carried = [loads(whole, config) for whole in wholes]
    files = [
        sizes(data, result.model_file)
        for whole in wholes
        for data, result in zip(whole.material.contributors, whole.own, strict=True)
    ]
    return Findings(
        title="Figure 1, measured: three architectures side by side",
        command="verifuse study figure_1",
        sections=(
            _about(settings, wholes),
            accuracy_section(wholes),
            traffic_section(carried, files, wholes),
            computing_section(carried),
            vanishing_section(losses, panels, wholes),
            mod_drop_section(missing),
            _tuning(ranking, settings),
        ),
    )


def _about(settings: Settings, wholes: Sequence[Whole]) -> Section:
    material = wholes[0].material
    scenario = material.scenario
    contributors, verifiers = scenario.contributors, scenario.verifiers
    changed = f" with {', '.join(f'`{change}`' for change in settings.changes)}" if settings.changes else ""
    return Section(
        "What is compared",
        f"""
All numbers are on the data of `{scenario.name}`{changed}: {scenario.data.set}, {contributors.count}
contributors with {contributors.train} training and {contributors.test} testing images each and labels as
in the scenario; {verifiers.count} verifiers with one sample of {verifiers.train} training,
{verifiers.test} testing and {verifiers.verification} verification images. Where one network serves all,
it is `{material.network.name}` with all {material.classes} labels. Means and 95 % intervals are over
{len(wholes)} seed(s), by the recipe `{scenario.recipe}`: other images, other initial weights, other shuffles.

(a) One central server has all contributors' images and trains one network until the contributors' testing
images stop improving. (b) A central controller sends one network round, every contributor trains it on
her own images, and the controller takes the mean of what comes back (federated averaging); it judges by
the verifiers' testing images. (c) Every contributor trains a model of her own for the labels that she
has, and every verifier fuses all the models by Strategy {scenario.task.strategy}. No choice was made on
the verification or the held-out images.
""",
    )


def _tuning(ranking: Sequence[tuple[FederationConfig, FederationResult]], settings: Settings) -> Section:
    rows = [
        (
            config.local_optimizer,
            f"{config.learning_rate:g}",
            config.local_epochs,
            f"{config.momentum:g}",
            result.rounds,
            result.best_round,
            percent([result.test_accuracy]),
            f"{result.test_loss:.3f}",
        )
        for config, result in ranking
    ]
    columns = [
        "contributors descend by",
        "step size",
        "epochs a round",
        "momentum",
        "rounds",
        "best round",
        "controller's testing images, %",
        "loss",
    ]
    best = ranking[0][0]
    reached = {
        kind: max(
            (result.test_accuracy for config, result in ranking if config.local_optimizer == kind),
            default=None,
        )
        for kind in ("sgd", "adam")
    }
    remark = ""
    if None not in reached.values():
        remark = f"""

Plain gradient descent came to {percent([reached["sgd"]])} % at best, Adam to
{percent([reached["adam"]])} %. Adam divides every contributor's slopes by their own size, so where
contributors know different labels the mean of such steps is no step down the mean of the losses, however
small the steps are."""
    return Section(
        "How federated averaging was tuned",
        f"""
Averaging networks that were trained on different labels is easily done badly, so {len(ranking)} settings
were tried on seed {settings.seeds[0]} and judged by the controller's testing images alone, never by the
verification or held-out images; the best serves all seeds. Each contributor had at most {settings.epochs}
epochs in all, in every setting, and the rounds ended when the controller's loss had not improved for
{settings.patience} of them. Momentum is the controller's. The best: `{best.local_optimizer}` with step
size {best.learning_rate:g}, {best.local_epochs} epoch(s) a round, momentum {best.momentum:g}.{remark}
""",
        pd.DataFrame(rows, columns=columns),
    )
