"""A scenario's learning without its market: the same jobs, so that what one computed the other knows."""

from functools import cached_property

from ...agents import SAMPLE, TaskSpec, deal_images, head_seed, training_job, verifier_names
from ...learning import (
    FusionConfig,
    FusionJob,
    PrivateData,
    Samples,
    Strategy,
    TrainingJob,
    load_data_set,
    network_spec,
)
from ...scenarios import Scenario
from ...seeds import derive_seed


class Case:
    """One scenario with one seed.

    Args:
        scenario: What would be run.

    Attributes:
        scenario: The same.
        classes: Number of classes d.

    Raises:
        InputError: The data set cannot be had, or has too few images.
    """

    def __init__(self, scenario: Scenario):
        self.scenario = scenario
        data_set = load_data_set(scenario.data.set, field="data.set")
        self.classes = data_set.classes
        self._spec = TaskSpec.of(scenario, scenario.task_list[0], data_set, scenario.title)
        self._dealt = deal_images(scenario, data_set)

    @property
    def sample(self) -> PrivateData:
        """The images that all verifiers share."""
        return self._dealt.shares[SAMPLE]

    @property
    def held_out(self) -> Samples:
        """The images that nobody has."""
        return self._dealt.held_out

    @cached_property
    def trainings(self) -> list[TrainingJob]:
        """Every contributor's training, in their order."""
        return [
            training_job(self.scenario, self._spec, member, self._dealt.shares[member.name])
            for member in self.scenario.contributors.members
        ]

    @property
    def verifier_alone(self) -> TrainingJob:
        """The control: the first contributor's network, trained on the verifiers' own images alone."""
        network = self.trainings[0].network
        return TrainingJob(
            network=network_spec(network, network.input_shape, range(self.classes)),
            data=self.sample,
            config=self.scenario.training,
            seed=derive_seed(self.scenario.seed, "training", SAMPLE),
        )

    def fusion(
        self, model_files: tuple[bytes, ...], strategy: Strategy, config: FusionConfig | None = None
    ) -> FusionJob:
        """Return the panel's fusion of models, measured on the held-out images as well."""
        names = verifier_names(self.scenario)[: self.scenario.verifiers.panel]
        return FusionJob(
            model_files=model_files,
            data=self.sample,
            classes=self.classes,
            strategy=strategy,
            config=config or self.scenario.fusion,
            seeds=tuple(head_seed(self.scenario.seed, name) for name in names),
            held_out=self.held_out,
        )
