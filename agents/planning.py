"""How each contributor decides, and what she will train as far as that is known before the market begins."""

from typing import cast

from ..learning import PrivateData, TrainingJob
from .behaviours import behaviour
from .behaviours.contributors.honest import Honest
from .config import MarketConfig
from .config.members import ContributorMember
from .task_spec import TaskSpec
from .training_job import training_job


def contributor_behaviour(config: MarketConfig, member: ContributorMember) -> Honest:
    """Return the behaviour of one computing contributor."""
    keys = member.settings
    found = behaviour(
        "contributor", keys.behaviour, keys.options, seed=config.seed, who=member.name, place=member.place
    )
    return cast(Honest, found)  # a class is refused on loading unless it derives from this one


def planned_job(
    config: MarketConfig, spec: TaskSpec, member: ContributorMember, own: PrivateData, decides: Honest
) -> TrainingJob | None:
    """Return what a contributor trains for a task, or ``None`` if she trains nothing."""
    images = decides.images(own, spec)
    return None if images is None else decides.training(training_job(config, spec, member, images))
