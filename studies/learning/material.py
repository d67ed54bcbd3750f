"""A case's parties, for studies that train and fuse otherwise than its market would."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from ...errors import InputError
from ...learning import (
    FusionConfig,
    FusionJob,
    NetworkSpec,
    PrivateData,
    StandaloneJob,
    TrainingJob,
    Workbench,
    network_spec,
)
from ...scenarios import load
from ...seeds import derive_seed
from .case import Case


class Material(Case):
    """A case whose contributors' data may be put together or left out."""

    @cached_property
    def contributors(self) -> tuple[PrivateData, ...]:
        """Each contributor's private data."""
        return tuple(job.data for job in self.trainings)

    @cached_property
    def network(self) -> NetworkSpec:
        """The first contributor's network, for all labels of the task."""
        network = self.trainings[0].network
        return network_spec(network, network.input_shape, range(self.classes))

    def training_on(self, data: PrivateData, who: str) -> TrainingJob:
        """Return the training of one network for all labels on anybody's data."""
        seed = derive_seed(self.scenario.seed, "training", who)
        return TrainingJob(self.network, data, self.scenario.training, seed=seed)

    def fused(
        self, files: Sequence[bytes], config: FusionConfig | None = None, verifiers: int | None = None
    ) -> FusionJob:
        """Return the fusion of models by the task's strategy, by the panel or its first few verifiers."""
        job = self.fusion(tuple(files), self.scenario.task.strategy, config)
        return replace(job, seeds=job.seeds[:verifiers])


def gather(source: str, changes: Sequence[str], seed: int) -> Material:
    """Load a scenario with ``key=value`` changes and deal its images out.

    Raises:
        InputError: The scenario, a change or the data set cannot be used, or no images are left over.
    """
    material = Material(load(source, changes, seed=seed))
    if not len(material.held_out):
        raise InputError("changes", list(changes), "held-out images are needed: take a smaller sample")
    return material


def measured_alone(bench: Workbench, material: Material, model_file: bytes) -> tuple[float, float]:
    """Return a model's accuracy on the verification sample and on the held-out images, all labels counted."""
    asked = (material.sample.verification, material.held_out)
    first, second = [bench.standalone(StandaloneJob(model_file, samples)) for samples in asked]
    return first.result(), second.result()
