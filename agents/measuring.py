"""What a verifier measures of a model, for each kind of fitness, as jobs of the workbench."""

from concurrent.futures import Future
from dataclasses import dataclass

from ..learning import FusionJob, FusionResult, PrivateData, StandaloneJob, Strategy, Workbench
from .task_spec import TaskSpec


@dataclass(frozen=True)
class Measurements:
    """Jobs under way for one model; their futures raise ``ModelFileError`` for a file not to be trusted.

    Attributes:
        fused: The fused model's accuracy by each strategy, the voted one first.
        standalone: The accuracy of the model alone, where the task asks for it.
        reference: What a gain is measured against, unless it is chance.
    """

    fused: "dict[Strategy, Future[FusionResult]]"
    standalone: "Future[float] | None"
    reference: "Future[FusionResult] | None"

    def result(self, spec: TaskSpec) -> "tuple[float, float, dict[Strategy, float]]":
        """Wait for all; return fitness, reference and the fused accuracy by each strategy, as fractions."""
        fused: dict[Strategy, float] = {
            strategy: future.result().accuracy for strategy, future in self.fused.items()
        }
        if self.standalone is not None:
            return self.standalone.result(), 0.0, fused
        fitness = fused[spec.strategy]
        if self.reference is not None:
            return fitness, self.reference.result().accuracy, fused
        # The base of the first model is no model at all, which tells one label in d right by chance.
        return fitness, 1 / spec.classes if spec.fitness == "gain" else 0.0, fused


def measure(
    workbench: Workbench,
    spec: TaskSpec,
    sample: PrivateData,
    *,
    model_file: bytes,
    base_files: tuple[bytes, ...],
    strategies: tuple[Strategy, ...],
    seed: int,
) -> Measurements:
    """Begin to measure a model.

    Args:
        workbench: Where the jobs run.
        spec: The task.
        sample: The verification sample.
        model_file: The model.
        base_files: The models that it is fused with, in announcement order.
        strategies: Every strategy to fuse by, the voted one first.
        seed: Of the verifier's own fusion head.
    """

    def fuse(
        files: tuple[bytes, ...], strategy: Strategy, *, control: bool = False
    ) -> "Future[FusionResult]":
        job = FusionJob(
            model_files=files,
            data=sample,
            classes=spec.classes,
            strategy=strategy,
            config=spec.fusion,
            seed=seed,
            control=control,
        )
        return workbench.fuse(job)

    if spec.fitness == "standalone":
        alone = workbench.standalone(StandaloneJob(model_file, sample.verification))
        return Measurements({}, alone, None)
    files = (*base_files, model_file)
    reference = None
    if spec.fitness == "random_control":
        reference = fuse(files, strategies[0], control=True)
    elif spec.fitness == "gain" and base_files:
        reference = fuse(base_files, strategies[0])
    return Measurements({strategy: fuse(files, strategy) for strategy in strategies}, None, reference)
