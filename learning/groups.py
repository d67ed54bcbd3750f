"""Several contributors' trainings as one program, for a GPU: jobs of one shape, side by side in every step.

Each member keeps what is hers: initial weights, shuffles and distortions come from her own seed, as when
she trains alone, and her own testing data end her training. The others go on; what she would have become
after her end takes no part in her result. So her company changes her weights by rounding only, as a batched
product may be summed in another order than a single one: equal to what she gets alone within float32's
accuracy of one step, though not bit for bit, and over many steps such differences grow.

On a CPU this is many times slower than one job after another: convolutions in loops and with one kernel a
member are what XLA does badly there. There the workbench trains each job by itself.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..errors import InputError
from ..seeds import generator
from .adam import AdamState, adam_start
from .augmentation import distorted
from .config import TrainingConfig
from .early_stop import EarlyStop
from .forward import Body, Weights, logits, probabilities
from .initial import initial_weights
from .jobs import TrainingJob, TrainingResult
from .model_files import TrainedNetwork, encode_model
from .outputs import outputs_of
from .training import MEASURED_EVERY, Labelled, learning_rate, training_step

Outcome = TrainingResult | InputError


def train_together(jobs: Sequence[TrainingJob]) -> list[Outcome]:
    """Train several models at once.

    Args:
        jobs: Their networks have the same structure and number of outputs, their sets the same sizes, and
            their ``config`` is the same; labels, images, thresholds and seeds are each one's own.

    Returns:
        In the order of the jobs, what ``train`` returns or raises for each.
    """
    members: list[_Member] = []
    outcomes: dict[int, Outcome] = {}
    for place, job in enumerate(jobs):
        try:
            members.append(_Member(place, job))
        except InputError as refusal:
            outcomes[place] = refusal
    if members:
        _descend(members)
    outcomes |= {member.place: member.result() for member in members}
    return [outcomes[place] for place in range(len(jobs))]


class _Epoch(NamedTuple):
    weights: Weights  # of all members, one after the other along the first axis
    number: int
    iterations: int


class _Member:
    """One job's data, and what has come of it so far."""

    def __init__(self, place: int, job: TrainingJob):
        self.place, self.job = place, job
        self.train, self.test, self.own = (
            (part.images, outputs_of(part, job.network))
            for part in (job.data.train, job.data.test, job.data.verification)
        )
        self.start = initial_weights(job.network, job.seed)
        self.shuffles, self.distortions = (
            generator(job.seed, purpose) for purpose in ("shuffle", "augmentation")
        )
        self._stop = EarlyStop(self.start, job.config, job.threshold)
        self._iterations = self._epochs = 0
        self._history: list[float] = []
        self._distort(job.data.train.images[:1])

    @property
    def over(self) -> bool:
        return self.job.config.epochs is None and self._stop.over

    def seen(self) -> np.ndarray:
        """Return the training images as this epoch shows them."""
        return self._distort(self.train[0], self.distortions)

    def _distort(self, images: np.ndarray, draws: np.random.Generator | None = None) -> np.ndarray:
        settings = self.job.config.augmentation
        return distorted(images, settings, draws or generator(0, "trial")) if settings else images

    def hear(self, epoch: _Epoch, weights: Weights, loss: float, accuracy: float) -> None:
        """Take note of an epoch."""
        self._iterations, self._epochs = epoch.iterations, epoch.number
        if self.job.config.epochs is None or epoch.number % MEASURED_EVERY == 0 or _is_last(epoch, self.job):
            self._history.append(accuracy)
        if self.job.config.epochs is None:
            self._stop.hear(weights, loss, accuracy)
        else:
            self._stop.weights, self._stop.accuracy = weights, accuracy
            self._stop.reached = accuracy >= (self.job.threshold or 0.0)

    def result(self) -> TrainingResult:
        """Return what ``train`` would."""
        spec, stop = self.job.network, self._stop
        weights = {name: np.asarray(array) for name, array in stop.weights.items()}
        right = probabilities(weights, self.own[0], spec.body).argmax(1) == self.own[1]
        return TrainingResult(
            model_file=encode_model(TrainedNetwork(spec, weights)),
            iterations=self._iterations,
            epochs=self._epochs,
            test_accuracy=stop.accuracy,
            local_accuracy=float(right.mean()),
            reached=self.job.threshold is None or stop.reached,
            history=tuple(self._history),
            train_samples=len(self.train[1]),
        )


def _is_last(epoch: _Epoch, job: TrainingJob) -> bool:
    return epoch.number == job.config.epochs or epoch.iterations == job.config.max_iterations


def _descend(members: Sequence[_Member]) -> None:
    """Train until every member has ended."""
    tests = _stacked([member.test for member in members])
    body = members[0].job.network.body
    for epoch in _epochs(members):
        going_on = [(place, member) for place, member in enumerate(members) if not member.over]
        losses, right = (np.asarray(found) for found in _measure(epoch.weights, *tests, body))
        for place, member in going_on:
            weights = {name: array[place] for name, array in epoch.weights.items()}
            member.hear(epoch, weights, float(losses[place]), int(right[place]) / len(member.test[1]))
        if all(member.over for member in members):
            return


def _epochs(members: Sequence[_Member]) -> Iterator[_Epoch]:
    first = members[0].job
    config, body = first.config, first.network.body
    weights: Any = {
        name: jnp.stack([member.start[name] for member in members]) for name in first.network.weight_shapes
    }
    state = jax.vmap(adam_start)(weights)
    images, outputs = _stacked([member.train for member in members])
    count = outputs.shape[1]
    iterations = number = 0
    while iterations < config.max_iterations and number != config.epochs:
        orders = np.stack([member.shuffles.permutation(count) for member in members])
        if config.augmentation:
            images = jnp.asarray(np.stack([member.seen() for member in members]))
        for rows in _batches(orders, config.batch):
            rates = _rates(config, iterations, count)[: len(rows)]
            if len(rates):
                weights, state = _steps(weights, state, images, outputs, rows[: len(rates)], rates, body)
            iterations += len(rates)
        number += 1
        yield _Epoch(weights, number, iterations)


def _batches(orders: np.ndarray, batch: int) -> Iterator[np.ndarray]:
    """Yield an epoch's rows, (steps, members, batch), and those that are left, (1, members, fewer)."""
    members, count = orders.shape
    whole = count // batch * batch
    if whole:
        yield orders[:, :whole].reshape(members, -1, batch).swapaxes(0, 1)
    if whole < count:
        yield orders[None, :, whole:]


def _rates(config: TrainingConfig, iterations: int, count: int) -> np.ndarray:
    """Return the step sizes of the coming steps, an epoch's at most and none after the last."""
    epoch = -(-count // config.batch)
    all_steps = min((config.epochs or 0) * epoch, config.max_iterations)
    coming = range(iterations, min(iterations + epoch, config.max_iterations))
    return np.asarray([learning_rate(config, step, all_steps) for step in coming], np.float32)


def _stacked(sets: Sequence[Labelled]) -> tuple[jax.Array, jax.Array]:
    images, outputs = (jnp.asarray(np.stack(arrays)) for arrays in zip(*sets, strict=True))
    return images, outputs


@partial(jax.jit, static_argnames="body")
def _steps(
    weights: Weights, state: AdamState, images: Any, outputs: Any, rows: Any, rates: Any, body: Body
) -> tuple[Any, AdamState]:
    def one(weights: Any, state: AdamState, images: Any, outputs: Any, rows: Any, rate: Any) -> Any:
        return training_step(weights, state, images[rows], outputs[rows], body, rate)

    def step(carried: Any, now: Any) -> Any:
        (weights, state), (rows, rate) = carried, now
        return jax.vmap(one, (0, 0, 0, 0, 0, None))(weights, state, images, outputs, rows, rate), None

    return lax.scan(step, (weights, state), (rows, rates))[0]


@partial(jax.jit, static_argnames="body")
def _measure(weights: Weights, images: Any, outputs: Any, body: Body) -> tuple[jax.Array, jax.Array]:
    """Return each member's mean cross-entropy and number of images told right."""
    scores = jax.nn.log_softmax(jax.vmap(partial(logits, body=body))(weights, images))
    losses = -jnp.take_along_axis(scores, outputs[..., None], axis=-1).mean((1, 2))
    return losses, (scores.argmax(-1) == outputs).sum(1)
