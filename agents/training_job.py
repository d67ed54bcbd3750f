"""The training that a task asks of a contributor, as a job for the workbench."""

from ..learning import (
    PrivateData,
    TrainingJob,
    network_spec,
)
from ..seeds import derive_seed
from .config import MarketConfig
from .config.members import ContributorMember
from .task_spec import TaskSpec


def training_job(
    config: MarketConfig, spec: TaskSpec, member: ContributorMember, data: PrivateData
) -> TrainingJob:
    """Return what a contributor trains: the recommended structure, or its own design where there is none.

    Args:
        config: The market's settings.
        spec: The task as the contributor read it from the store.
        member: The contributor; its initial weights and shuffles follow from its name.
        data: Its private images.
    """
    network = network_spec(
        spec.network or member.network,
        spec.input_shape,
        data.labels,
        field="task.network" if spec.network else "contributors.networks",
    )
    return TrainingJob(
        network=network,
        data=data,
        config=config.training,
        threshold=spec.announce_threshold,
        seed=derive_seed(config.seed, "training", member.name),
        privacy=config.privacy if config.privacy.is_on else None,
    )
