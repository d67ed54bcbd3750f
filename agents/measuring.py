"""What a verifier measures of a model, for each kind of fitness, as jobs of the workbench."""

from concurrent.futures import Future
from dataclasses import dataclass

from ..learning import FusionJob, FusionResult, PrivateData, StandaloneJob, Strategy, Surrogate, Workbench
from ..seeds import derive_seed
from .participant import how_many
from .task_spec import TaskSpec
from .web_application import ListedModel


def head_seed(seed: int, name: str) -> int:
    """Return the seed of the initial weights of a participant's fusion heads."""
    return derive_seed(seed, "fusion head", name)


@dataclass(frozen=True)
class Measurements:
    """Jobs under way for one model; their futures raise ``ModelFileError`` for a file not to be trusted.

    Attributes:
        fused: The fused model's accuracy by each strategy, the voted one first.
        standalone: The accuracy of the model alone, where the task asks for it.
        reference: What a gain is measured against, unless it is chance.
        place: Of her own results among the panel's.
        models: How many are fused: this one and those of the base that are models at all.
    """

    fused: "dict[Strategy, Future[list[FusionResult]]]"
    standalone: "Future[float] | None" = None
    reference: "Future[list[FusionResult]] | None" = None
    place: int = 0
    models: int = 1

    def result(self, spec: TaskSpec) -> "tuple[float, float, dict[Strategy, float]]":
        """Wait for all; return fitness, reference and the fused accuracy by each strategy, as fractions."""
        fused: dict[Strategy, float] = {
            strategy: future.result()[self.place].accuracy for strategy, future in self.fused.items()
        }
        if self.standalone is not None:
            return self.standalone.result(), 0.0, fused
        fitness = fused[spec.strategy]
        if self.reference is not None:
            reference = self.reference.result()
            # A panel shares the base's heads; a random block is each verifier's own.
            own = self.place if len(reference) > 1 else 0
            return fitness, reference[own].accuracy, fused
        # The base of the first model is no model at all, which tells one label in d right by chance.
        return fitness, 1 / spec.classes if spec.fitness == "gain" else 0.0, fused


def measure(
    workbench: Workbench | Surrogate,
    spec: TaskSpec,
    sample: PrivateData,
    *,
    model_file: bytes,
    base_files: tuple[bytes, ...],
    strategies: tuple[Strategy, ...],
    seeds: tuple[int, ...],
    place: int,
) -> Measurements:
    """Begin to measure a model.

    Args:
        workbench: Where the jobs run.
        spec: The task.
        sample: The verification sample.
        model_file: The model.
        base_files: The models that it is fused with, in announcement order.
        strategies: Every strategy to fuse by, the voted one first.
        seeds: Of the fusion heads of the panel, whose jobs are the same.
        place: Of the verifier's own head among them.
    """

    def fuse(
        files: tuple[bytes, ...], strategy: Strategy, *, control: bool = False
    ) -> "Future[list[FusionResult]]":
        job = FusionJob(
            model_files=files,
            data=sample,
            classes=spec.classes,
            strategy=strategy,
            config=spec.fusion,
            # Features of a random block of her own are no use to the others.
            seeds=(seeds[place],) if control else seeds,
            control=control,
        )
        return workbench.fuse(job)

    if spec.fitness == "standalone":
        alone = workbench.standalone(StandaloneJob(model_file, sample.verification))
        return Measurements({}, alone, models=len(base_files) + 1)
    files = (*base_files, model_file)
    reference = None
    if spec.fitness == "random_control":
        reference = fuse(files, strategies[0], control=True)
    elif spec.fitness == "gain" and base_files:
        reference = fuse(base_files, strategies[0])
    fused: dict[Strategy, Future[list[FusionResult]]]
    fused = {strategy: fuse(files, strategy) for strategy in strategies}
    return Measurements(fused, None, reference, place, len(files))


def in_words(spec: TaskSpec, model: ListedModel, fitness: float, reference: float, fused: int) -> str:
    """Say what was measured of a model, which was fused so that there are ``fused`` models."""
    others = how_many(fused - 1, "earlier model")
    if spec.fitness == "standalone":
        return f"measured {fitness:.2%}: model {model.model_id} alone on its own labels"
    if spec.fitness == "accuracy":
        return f"measured {fitness:.2%}: model {model.model_id} fused with {others}"
    yardstick = "the base alone" if spec.fitness == "gain" else "the base with a random block"
    return (
        f"measured {fitness:.2%} against {reference:.2%} of {yardstick}: "
        f"model {model.model_id} fused with {others}"
    )
