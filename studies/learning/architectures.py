"""The three architectures of the paper's Figure 1 on one seed's data, whole and with each party missing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean
from typing import Literal

from ...learning import (
    Augmentation,
    FederationConfig,
    FederationJob,
    FederationResult,
    FusionResult,
    LateFusionJob,
    PrivateData,
    RidgeJob,
    RidgeResult,
    TrainingResult,
    Workbench,
    union,
)
from ...seeds import derive_seed
from .material import Material, measured_alone

Accuracy = tuple[float, float]
"""On the verification sample, and on the held-out images."""


@dataclass(frozen=True, eq=False)
class Whole:
    """What everybody together reaches on one seed's data.

    Attributes:
        material: The data.
        own: Each contributor's own training.
        central: The central server's training on the contributors' data.
        federation: Federated averaging by a central controller.
        heads: Each verifier's head on all the contributors' models.
        accuracies: What was measured, by the name of the method.
    """

    material: Material
    own: tuple[TrainingResult, ...]
    central: TrainingResult
    federation: FederationResult
    heads: tuple[FusionResult, ...]
    accuracies: Mapping[str, Accuracy]

    @property
    def files(self) -> tuple[bytes, ...]:
        """The contributors' model files."""
        return tuple(result.model_file for result in self.own)


CENTRAL = "(a) one central model on the contributors' images"
FEDERATED = "(b) federated averaging over the contributors"
FUSED = "(c) models fused by the verifiers, mean over their heads"
CENTRAL_ALL = "(a) with the verifiers' training images as well"
FEDERATED_ALL = "(b) with the verifiers as one more contributor"
RIDGE = "ridge readout on the features that (c) fuses"
KNOWING = "mean of the models that know a class"
SOFTMAX = "mean of all models' outputs"
MAJORITY = "majority vote of the models"
ALONE = "a verifier's own network on her own images"
ONE = "a contributor's own model alone, mean over the contributors"


def federation(
    material: Material, contributors: Sequence[PrivateData], config: FederationConfig
) -> FederationJob:
    """Return federated averaging over some contributors, judged by the verifiers' testing data."""
    seed = derive_seed(material.scenario.seed, "federated")
    return FederationJob(
        material.network, tuple(contributors), material.sample, config, seed, material.held_out
    )


def grid(
    steps: Sequence[tuple[Literal["sgd", "adam"], float]],
    local_epochs: Sequence[int],
    momenta: Sequence[float],
    epochs: int,
    patience: int,
    augmentation: Augmentation | None = None,
) -> Iterator[FederationConfig]:
    """Yield the settings that federated averaging is tried with.

    Args:
        steps: How contributors descend, and by which step size.
        local_epochs: Epochs of a contributor in a round.
        momenta: Shares of the last change that are added to the next.
        epochs: The most epochs of a contributor in all, so that all settings may compute as much.
        patience: Epochs of a contributor without a better loss of the controller after which it ends.
        augmentation: How contributors distort their images, if they do.
    """
    for (optimizer, rate), local, momentum in product(steps, local_epochs, momenta):
        yield FederationConfig(
            learning_rate=rate,
            local_optimizer=optimizer,
            local_epochs=local,
            rounds=max(1, epochs // local),
            patience=max(2, patience // local),
            momentum=momentum,
            augmentation=augmentation,
        )


def tune(
    bench: Workbench, material: Material, tried: Sequence[FederationConfig]
) -> list[tuple[FederationConfig, FederationResult]]:
    """Return every setting with what it came to, the best first, by the verifiers' testing data alone."""
    jobs = [bench.federate(federation(material, material.contributors, config)) for config in tried]
    found = [(config, job.result()) for config, job in zip(tried, jobs, strict=True)]
    return sorted(found, key=lambda pair: (-pair[1].test_accuracy, pair[1].test_loss))


def run_whole(bench: Workbench, material: Material, config: FederationConfig) -> Whole:
    """Train and measure everything with all parties there."""
    everyone, verifiers = material.contributors, material.sample
    # The long jobs go first, so that no worker waits for one at the end.
    federated = bench.federate(federation(material, everyone, config))
    federated_all = bench.federate(federation(material, (*everyone, verifiers), config))
    central = bench.train(material.training_on(union(everyone), "central"))
    central_all = bench.train(material.training_on(union((*everyone, verifiers)), "central"))
    alone = bench.train(material.verifier_alone)
    own = tuple(job.result() for job in [bench.train(job) for job in material.trainings])
    files = tuple(result.model_file for result in own)
    fused = bench.fuse(material.fused(files))
    accuracies: dict[str, Accuracy] = {}
    for name, job in ((CENTRAL, central), (CENTRAL_ALL, central_all), (ALONE, alone)):
        accuracies[name] = measured_alone(bench, material, job.result().model_file)
    for name, job in ((FEDERATED, federated), (FEDERATED_ALL, federated_all)):
        accuracies[name] = both(job.result())
    heads = tuple(fused.result())
    accuracies[FUSED] = mean_accuracy([both(head) for head in heads])
    ridge = bench.ridge(RidgeJob(files, verifiers, material.classes, material.held_out)).result()
    accuracies[RIDGE] = both(ridge)
    accuracies |= _late(bench, material, files)
    accuracies[ONE] = mean_accuracy(each_alone(bench, material, files))
    return Whole(material, own, central.result(), federated.result(), heads, accuracies)


def _late(bench: Workbench, material: Material, files: tuple[bytes, ...]) -> dict[str, Accuracy]:
    samples = (material.sample.verification, material.held_out)
    jobs = [bench.late_fusion(LateFusionJob(files, part, material.classes)) for part in samples]
    first, second = (job.result() for job in jobs)
    return {
        KNOWING: (first.mean_of_knowing, second.mean_of_knowing),
        SOFTMAX: (first.mean_softmax, second.mean_softmax),
        MAJORITY: (first.majority, second.majority),
    }


def both(result: FederationResult | FusionResult | RidgeResult) -> Accuracy:
    """Return a result's accuracies on the verification sample and on the held-out images."""
    assert result.held_out_accuracy is not None, "all jobs of a study measure on held-out images"
    return result.accuracy, result.held_out_accuracy


def each_alone(bench: Workbench, material: Material, files: Sequence[bytes]) -> list[Accuracy]:
    """Return what each model tells right of all labels, also of those that it does not know."""
    return [_late(bench, material, (file,))[SOFTMAX] for file in files]


def mean_accuracy(every: Sequence[Accuracy]) -> Accuracy:
    """Return the means of both parts."""
    return fmean(accuracy[0] for accuracy in every), fmean(accuracy[1] for accuracy in every)


@dataclass(frozen=True)
class Loss:
    """What is left on one seed's data after one party has vanished.

    Attributes:
        architecture: ``a``, ``b`` or ``c``.
        who: The role.
        when: When she vanished.
        then: What the others do.
        accuracies: What they reach, for each single party of the role that may be the one to vanish.
    """

    architecture: str
    who: str
    when: str
    then: str
    accuracies: tuple[Accuracy, ...]


def run_losses(
    bench: Workbench,
    whole: Whole,
    config: FederationConfig,
    tell: Callable[[str], None] = lambda line: None,
) -> list[Loss]:
    """Take every single party away and measure again what the others reach.

    A contributor who is alone has her own model; what it tells right is counted over all labels.
    """
    material, files = whole.material, whole.files
    everyone = material.contributors
    others = [everyone[:i] + everyone[i + 1 :] for i in range(len(everyone))]
    several = len(everyone) > 1
    federations = [bench.federate(federation(material, left, config)) for left in others if several]
    halfway = config.model_copy(update={"rounds": max(1, whole.federation.rounds // 2)})
    half = bench.federate(federation(material, everyone, halfway))
    centrals = [bench.train(material.training_on(union(left), "central")) for left in others if several]
    refitted = [bench.fuse(material.fused(files[:i] + files[i + 1 :])) for i in range(len(files)) if several]
    alone = tuple(each_alone(bench, material, files))
    central, federated = whole.accuracies[CENTRAL], whole.accuracies[FEDERATED]
    heads = [both(head) for head in whole.heads]
    losses = [
        Loss(
            "a",
            "a contributor",
            "before she sends her images",
            "the server trains without them",
            tuple(measured_alone(bench, material, job.result().model_file) for job in centrals),
        ),
        Loss("a", "a contributor", "afterwards", "nothing changes", (central,) * len(everyone)),
        Loss("a", "the server", "before it has trained", "everybody is alone with her own model", alone),
    ]
    tell("  (a) is measured without each party")
    losses += [
        Loss(
            "b",
            "a contributor",
            "before the first round",
            "the rounds go on without her",
            tuple(both(job.result()) for job in federations),
        ),
        Loss("b", "a contributor", "after the last round", "nothing changes", (federated,) * len(everyone)),
        Loss("b", "the controller", "before the first round", "everybody is alone with her own model", alone),
        Loss(
            "b",
            "the controller",
            "after half of the rounds",
            "training is over; everybody has that round's network",
            (both(half.result()),),
        ),
    ]
    tell("  (b) is measured without each party")
    losses += [
        Loss(
            "c",
            "a contributor",
            "before she announces",
            "the verifiers fuse the other models",
            tuple(mean_accuracy([both(head) for head in job.result()]) for job in refitted),
        ),
        Loss(
            "c",
            "a contributor",
            "after she announced",
            "nothing changes: the store has her file",
            (whole.accuracies[FUSED],) * len(everyone),
        ),
    ]
    if len(heads) > 1:
        left = tuple(mean_accuracy(heads[:i] + heads[i + 1 :]) for i in range(len(heads)))
        losses.append(Loss("c", "a verifier", "before she votes", "the others' votes decide", left))
    tell("  (c) is measured without each party")
    return losses


def votes(bench: Workbench, whole: Whole) -> list[list[bool]]:
    """Return, for each model in order of announcement, whether each verifier votes for it (Section III-A)."""
    material, files = whole.material, whole.files
    jobs = [bench.fuse(material.fused(files[:models])) for models in range(1, len(files) + 1)]
    mafr = material.scenario.task.mafr
    return [[head.accuracy > mafr for head in job.result()] for job in jobs]
