"""An account of the initiator's that announces a planted test as if it were a contributor's model."""

from collections.abc import Sequence
from functools import cached_property

from ..contracts import ModelSettled, Plant, PlantTree, TaskPosted
from ..learning import StandaloneJob, TrainingJob, network_spec
from ..seeds import derive_bytes, derive_seed, generator
from ..storage import compute_cid, seal
from .computing_contributor import ComputingContributor
from .task_spec import TaskSpec
from .undertaking import Undertaking

FEWEST_STEPS, MOST_STEPS = 20, 400
"""Between so many training steps a plant's lie, so that plants are good, middling and bad."""


class Planter(ComputingContributor):
    """Announces a model whose stand-alone fitness the initiator knows, and reveals it once it is settled."""

    role = "planter"

    def begin(self) -> None:
        """Announce as soon as the task is there."""
        self.activity = "waiting for the task"
        for task in self.market.web.tasks.values():
            self.hear_of(task.posted)

    def hear_of(self, event: TaskPosted) -> None:
        """Announce the planted model."""
        if self.current is None and self.market.book.knows(event.task_id):
            self.current = Undertaking(event.task_id, self._spec, self._job)
            self.undertakings[event.task_id] = self.current
            self.announce(self.model_file)

    def look_for_a_task(self) -> bool:
        """Look for none: a plant is for one task."""
        return False

    def go_on(self, event: ModelSettled) -> None:
        """Reveal the plant as soon as its panel has spoken."""
        super().go_on(event)
        if self._work_on(event.model_id) is None or not event.reports:
            return
        tree = plant_tree(self.market.planters)
        assert tree is not None, "a planter is one of the market's"
        self.note("revealed", f"revealed that model {event.model_id} was a planted test", event.model_id)
        self.send(
            self.market.contract.reveal_plant(
                self.account,
                model_id=event.model_id,
                plant_bps=self.plant.fitness_bps,
                salt=self.plant.salt,
                proof=tree.proof(self.plant),
            )
        )

    @property
    def _spec(self) -> TaskSpec:
        return self.market.specs[self.market.book.entries[0].name]

    @cached_property
    def model_file(self) -> bytes:
        """A model trained for a random number of steps on the sample's own training images."""
        return self.market.wait(self.market.workbench.train(self._job)).model_file

    @cached_property
    def _job(self) -> TrainingJob:
        config, spec = self.market.config, self._spec
        steps = generator(config.seed, "plant", self.name).integers(FEWEST_STEPS, MOST_STEPS + 1)
        return TrainingJob(
            network=network_spec(
                spec.network or self.member.network,
                spec.input_shape,
                tuple(range(spec.classes)),
                field="task.network",
            ),
            data=self.data,
            config=config.training.model_copy(update={"max_iterations": int(steps)}),
            seed=derive_seed(config.seed, "training", self.name),
        )

    @cached_property
    def plant(self) -> Plant:
        """What the initiator commits to in the task's terms."""
        market = self.market
        alone = market.workbench.standalone(StandaloneJob(self.model_file, self.data.verification))
        fitness = market.wait(alone)
        content = self.model_file
        if market.book.entries[0].is_sealed:
            content = seal(content, derive_bytes(market.config.seed, "model key", self.name))
        salt = derive_bytes(market.config.seed, "plant salt", self.name)
        return Plant(compute_cid(content), round(fitness * 10_000), salt)


def plant_tree(planters: Sequence[Planter]) -> PlantTree | None:
    """Return the tree of everything that the initiator plants, if it plants anything."""
    return PlantTree(tuple(planter.plant for planter in planters)) if planters else None
