"""An account of the initiator's that announces a planted test as if it were a contributor's model."""

from collections.abc import Sequence
from functools import cached_property

from ..contracts import ModelSettled, Plant, PlantTree, TaskPosted
from ..learning import StandaloneJob, TrainingJob, network_spec
from ..seeds import derive_bytes, derive_seed, generator
from ..storage import compute_cid, seal
from .computing_contributor import ComputingContributor

FEWEST_STEPS, MOST_STEPS = 20, 400
"""Between so many training steps a plant's lie, so that plants are good, middling and bad."""


class Planter(ComputingContributor):
    """Announces a model whose stand-alone fitness the initiator knows, and reveals it once it is settled."""

    role = "planter"

    def begin(self) -> None:
        """Announce as soon as the task is there."""
        self.activity = "waiting for the task"
        for task in self.market.web.tasks.values():
            self.take_up(task.posted)

    def take_up(self, event: TaskPosted) -> None:
        """Announce the planted model."""
        if self.task_id is None:
            self.task_id = event.task_id
            self.announce(self.model_file)

    def go_on(self, event: ModelSettled) -> None:
        """Reveal the plant as soon as its panel has spoken."""
        super().go_on(event)
        if event.model_id != self.model_id or not event.reports:
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

    @cached_property
    def model_file(self) -> bytes:
        """A model trained for a random number of steps on the sample's own training images."""
        market, config = self.market, self.market.config
        labels = tuple(range(market.spec.classes))
        steps = generator(config.seed, "plant", self.name).integers(FEWEST_STEPS, MOST_STEPS + 1)
        job = TrainingJob(
            network=network_spec(
                market.spec.network or self.member.network,
                market.spec.input_shape,
                labels,
                field="task.network",
            ),
            data=self.data,
            config=config.training.model_copy(update={"max_iterations": int(steps)}),
            seed=derive_seed(config.seed, "training", self.name),
        )
        return market.wait(market.workbench.train(job)).model_file

    @cached_property
    def plant(self) -> Plant:
        """What the initiator commits to in the task's terms."""
        market = self.market
        alone = market.workbench.standalone(StandaloneJob(self.model_file, self.data.verification))
        fitness = market.wait(alone)
        content = self.model_file
        if market.config.task.is_sealed:
            content = seal(content, derive_bytes(market.config.seed, "model key", self.name))
        salt = derive_bytes(market.config.seed, "plant salt", self.name)
        return Plant(compute_cid(content), round(fitness * 10_000), salt)


def plant_tree(planters: Sequence[Planter]) -> PlantTree | None:
    """Return the tree of everything that the initiator plants, if it plants anything."""
    return PlantTree(tuple(planter.plant for planter in planters)) if planters else None
